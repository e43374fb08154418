"""Another issuer of tokens: its signing key, and the web server that its public keys stand on."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAME = "https://issuer.example/"
AUDIENCE = "bellwire"
KID = "of-today"


class Issuer:
    """Serves its key set until `end`."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public: dict[str, Any] = json.loads(
            jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key())
        )
        keys = json.dumps({"keys": [{**public, "kid": KID, "use": "sig", "alg": "RS256"}]}).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(keys)))
                self.end_headers()
                self.wfile.write(keys)

            def log_message(self, *_: Any) -> None:
                """Nothing to say."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def keys_url(self) -> str:
        """Where its public keys are."""
        return f"http://127.0.0.1:{self._server.server_port}/keys"

    @property
    def public_pem(self) -> bytes:
        """Its public key, as anybody can write it down."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def token(
        self, key: Any = None, algorithm: str = "RS256", kid: str = KID, **claims: Any
    ) -> str:
        """A good token for `mina`; a claim that is None is left out."""
        now = int(time.time())
        said = {"iss": NAME, "aud": AUDIENCE, "sub": "mina", "iat": now, "exp": now + 300, **claims}
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, key or self.key, algorithm=algorithm, headers={"kid": kid})

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
