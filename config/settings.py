"""Every setting of the deployment, read from the environment.

`DEBUG=1` is development: demo logins are allowed, cookies travel over plain HTTP, and a throw-away
key signs tokens. Otherwise it is production, which needs a `SECRET_KEY` of its own.
"""

from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from accounts.conf import conf as accounts_conf
from accounts.credentials.origins import is_opaque, refuse_bad_origins
from config.logs import logging_config
from config.secret_key import DEVELOPMENT_KEY, refuse_weak_key
from env_settings import SettingError, load_all

# A bad value stops the start, whichever app declares its variable.
try:
    load_all()
except SettingError as error:
    raise ImproperlyConfigured(str(error)) from None

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "")
if DEBUG:
    SECRET_KEY = SECRET_KEY or DEVELOPMENT_KEY
else:
    refuse_weak_key(SECRET_KEY)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else ["localhost", "127.0.0.1"])
# Other origins whose pages may use the cookie: for sockets, CORS and CSRF.
BELLWIRE_ALLOWED_ORIGINS = env.list("BELLWIRE_ALLOWED_ORIGINS", default=[])
# Only CORS and SockJS accept "null", the Origin of files, webviews and sandboxes; the cookie is
# never accepted from there.
CSRF_TRUSTED_ORIGINS = [origin for origin in BELLWIRE_ALLOWED_ORIGINS if not is_opaque(origin)]
try:
    refuse_bad_origins(CSRF_TRUSTED_ORIGINS)
except ValueError as error:
    raise ImproperlyConfigured(f"BELLWIRE_ALLOWED_ORIGINS: {error}") from None

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    # Before Django's own app, whose command `changepassword` it replaces.
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    # The assets of /api/docs/, served by this process.
    "drf_spectacular_sidecar",
    "realtime",
    "notifications",
    "chat",
    "config",
]

MIDDLEWARE = [
    "config.middleware.headers.response_headers",
    "config.middleware.unavailable.DatabaseAwayMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.health.probes.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.credentials.request_source.remember_request",
    "config.middleware.locale.user_locale",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# Clients use the notification paths below two prefixes, without a trailing slash.
SILENCED_SYSTEM_CHECKS = ["urls.W002"]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.passwords.backends.ThrottledBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
TIME_ZONE = "UTC"
USE_TZ = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before those of the apps: every admin page shows its time zone.
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The first hashes new passwords. Hashes of older releases are accepted, and replaced when their
# owner next signs in.
PASSWORD_HASHERS = [
    "accounts.passwords.hashers.Argon2idHasher",
    *(
        f"django.contrib.auth.hashers.{name}"
        for name in (
            "PBKDF2PasswordHasher",
            "PBKDF2SHA1PasswordHasher",
            "BCryptSHA256PasswordHasher",
            "ScryptPasswordHasher",
        )
    ),
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- PostgreSQL and Redis, or their embedded replacements ----------------------------------------

REDIS_URLS = [url for url in env.list("REDIS_URL", default=[]) if url]
# Separates two deployments on one Redis; pub/sub has no database numbers.
BELLWIRE_REDIS_PREFIX = env.str("BELLWIRE_REDIS_PREFIX", "bellwire")
DATABASE_URL = env.str("DATABASE_URL", "")
# Threads outside requests (sockets, hub) plus concurrent requests; further requests wait.
BELLWIRE_DB_POOL = env.int("BELLWIRE_DB_POOL", 20)
# Longest wait for a pooled connection, and for a connection attempt: a client that is told to retry
# after some seconds is served better than one that waits.
BELLWIRE_DB_WAIT_S = env.float("BELLWIRE_DB_WAIT_S", 3.0)
# After one request has waited in vain, the others wait only this long, until one gets a connection:
# enough to open one where the server has room again, which takes some milliseconds.
BELLWIRE_DB_BUSY_WAIT_S = env.float("BELLWIRE_DB_BUSY_WAIT_S", 0.2)

if DATABASE_URL and not DATABASE_URL.startswith("sqlite"):
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {
            # 30 s: a writer that waits longer for a lock is in a pile-up that waiting only worsens.
            # 60 s: a transaction left open by a frozen worker must not hold its topics' locks for
            # ever.
            "options": "-c lock_timeout=30000 -c idle_in_transaction_session_timeout=60000",
            # libpq accepts no less than 2 s.
            "connect_timeout": max(2, round(BELLWIRE_DB_WAIT_S)),
            # If the network drops every packet, the kernel gives up after 15 s.
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 2,
            "tcp_user_timeout": 15_000,
            "pool": {
                "min_size": 1,
                "max_size": BELLWIRE_DB_POOL,
                "timeout": BELLWIRE_DB_WAIT_S,
                "busy_wait": BELLWIRE_DB_BUSY_WAIT_S,
                # The pool's own retry delay doubles up to minutes, in which no request is served
                # although the database is back. So it gives up early, and the next request makes it
                # retry.
                "reconnect_timeout": BELLWIRE_DB_WAIT_S,
            },
        }
    )
    if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        DATABASES["default"]["ENGINE"] = "realtime.database.postgresql"
else:
    DATABASES = {
        "default": {
            **env.db_url_config(DATABASE_URL or f"sqlite:///{BASE_DIR / 'bellwire.sqlite3'}"),
            "OPTIONS": {
                # IMMEDIATE: writers queue at BEGIN instead of failing when they upgrade a lock.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }


def _layer() -> dict[str, object]:
    if not REDIS_URLS:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    # redis-py 8 caps a pool at 100 connections and waits without limit on a frozen server.
    hosts = [
        {"address": url, "max_connections": 1000, "socket_connect_timeout": 2, "socket_timeout": 5}
        for url in REDIS_URLS
    ]
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": hosts, "prefix": BELLWIRE_REDIS_PREFIX},
    }


# Publishing and subscribing use one connection each: 10,000 sends must not hold up a subscription.
CHANNEL_LAYERS = {"default": _layer(), "publish": _layer()} if REDIS_URLS else {"default": _layer()}

# --- the engine's limits; each is explained in realtime/limits.py --------------------------------

BELLWIRE_MAX_CONNECTIONS_PER_USER = env.int("BELLWIRE_MAX_CONNECTIONS_PER_USER", 5)
BELLWIRE_MAX_POLLS_PER_USER = env.int("BELLWIRE_MAX_POLLS_PER_USER", 10)
BELLWIRE_MAX_FRAME_BYTES = env.int("BELLWIRE_MAX_FRAME_BYTES", 10_240)
BELLWIRE_MAX_PATH_CHARS = env.int("BELLWIRE_MAX_PATH_CHARS", 1_024)
BELLWIRE_OUTBOX_FRAMES = env.int("BELLWIRE_OUTBOX_FRAMES", 1_000)
BELLWIRE_OUTBOX_BYTES = env.int("BELLWIRE_OUTBOX_BYTES", 1_048_576)
BELLWIRE_LOG_KEEP_EVENTS = env.int("BELLWIRE_LOG_KEEP_EVENTS", 1_000)
BELLWIRE_RECONCILE_S = env.float("BELLWIRE_RECONCILE_S", 4.0)
# Clients of the systems before this one know the greeting: docs/contract.md §4.
BELLWIRE_WELCOME = env.str("BELLWIRE_WELCOME", "Connected to notification service")
BELLWIRE_HEARTBEAT_S = env.int("BELLWIRE_HEARTBEAT_S", 30)
BELLWIRE_SILENCE_S = env.int("BELLWIRE_SILENCE_S", 90)
BELLWIRE_BEAT_TOLERANCE = env.float("BELLWIRE_BEAT_TOLERANCE", 2.0)
BELLWIRE_BEAT_MARGIN_S = env.float("BELLWIRE_BEAT_MARGIN_S", 10.0)
BELLWIRE_FRAME_BURST = env.int("BELLWIRE_FRAME_BURST", 200)
BELLWIRE_FRAME_RATE = env.float("BELLWIRE_FRAME_RATE", 50.0)
BELLWIRE_RATE_PATIENCE_S = env.float("BELLWIRE_RATE_PATIENCE_S", 10.0)
BELLWIRE_MAX_SUBSCRIPTIONS = env.int("BELLWIRE_MAX_SUBSCRIPTIONS", 100)
BELLWIRE_MAX_STRANGERS = env.int("BELLWIRE_MAX_STRANGERS", 2_000)
BELLWIRE_FIRST_FRAME_S = env.float("BELLWIRE_FIRST_FRAME_S", 10.0)
BELLWIRE_REVOKE_S = env.float("BELLWIRE_REVOKE_S", 4.0)
BELLWIRE_TRIM_S = env.float("BELLWIRE_TRIM_S", 30.0)
BELLWIRE_PRESENCE_S = env.float("BELLWIRE_PRESENCE_S", 20.0)
BELLWIRE_REDIS_WAIT_S = env.float("BELLWIRE_REDIS_WAIT_S", 0.5)
BELLWIRE_DRAIN_S = env.float("BELLWIRE_DRAIN_S", 25.0)
BELLWIRE_DRAIN_SPREAD_S = env.float("BELLWIRE_DRAIN_SPREAD_S", 8.0)
BELLWIRE_DRAIN_STEP_S = env.float("BELLWIRE_DRAIN_STEP_S", 0.1)
BELLWIRE_THROTTLES = env.bool("BELLWIRE_THROTTLES", True)

# --- requests that sign in --------------------------------------------------------------------

BELLWIRE_SIGN_INS_AT_ONCE = env.int("BELLWIRE_SIGN_INS_AT_ONCE", 3)
BELLWIRE_SIGN_INS_WAITING = env.int("BELLWIRE_SIGN_INS_WAITING", 200)

# --- the HTTP server's limits; each is explained in realtime/server/limits.py --------------------

BELLWIRE_HEADER_S = env.float("BELLWIRE_HEADER_S", 10.0)
BELLWIRE_BODY_S = env.float("BELLWIRE_BODY_S", 10.0)
BELLWIRE_BODY_RATE = env.int("BELLWIRE_BODY_RATE", 500)
BELLWIRE_BODY_TOTAL_S = env.float("BELLWIRE_BODY_TOTAL_S", 300.0)
BELLWIRE_BODY_CHUNKS = env.int("BELLWIRE_BODY_CHUNKS", 10_000)
BELLWIRE_KEEP_ALIVE_S = env.float("BELLWIRE_KEEP_ALIVE_S", 30.0)
BELLWIRE_SEND_S = env.float("BELLWIRE_SEND_S", 30.0)
BELLWIRE_SEND_RATE = env.int("BELLWIRE_SEND_RATE", 500)
BELLWIRE_CONNECTIONS = env.int("BELLWIRE_CONNECTIONS", 0)
BELLWIRE_CONNECTIONS_PER_ADDRESS = env.int("BELLWIRE_CONNECTIONS_PER_ADDRESS", 2_000)

# --- what requests may hold of a process ---------------------------------------------------------

# The largest JSON body: api/limits.py has the reason.
BELLWIRE_MAX_BODY_BYTES = env.int("BELLWIRE_MAX_BODY_BYTES", 8 * 1024 * 1024)
# Bodies of requests that are under way, in bytes: eight documents of the largest size.
BELLWIRE_BODY_BYTES = env.int("BELLWIRE_BODY_BYTES", 64 * 1024 * 1024)
# Answers that clients are still reading, in bytes; beyond it the slowest reader is cut.
BELLWIRE_ANSWER_BYTES = env.int("BELLWIRE_ANSWER_BYTES", 64 * 1024 * 1024)
# Python's switch interval. With its default of 5 ms, views are several times slower while the event
# loop is busy with a flood.
BELLWIRE_SWITCH_S = env.float("BELLWIRE_SWITCH_S", 0.0005)
# Arenas of the C library's allocator, shared by all threads; 0 is the library's default. Each keeps
# up to 64 MiB of freed memory, and glibc would create eight for each core. Threads that hold the
# GIL allocate one at a time anyway.
BELLWIRE_MALLOC_ARENAS = env.int("BELLWIRE_MALLOC_ARENAS", 2)
# Interval of returning free memory to the system, if the process has grown since the last time.
BELLWIRE_MEMORY_TRIM_S = env.float("BELLWIRE_MEMORY_TRIM_S", 10.0)
# Requests that may wait for a slot: twice the thousand pages that reconnect after a restart.
BELLWIRE_WAITING_REQUESTS = env.int("BELLWIRE_WAITING_REQUESTS", 2_000)
# Concurrent requests of one user, or of one address without a user; 0 is a third of the slots.
# Running requests share the processor: beside twelve of one client, another's takes 13 times as
# long, and a page makes few requests at once.
BELLWIRE_REQUESTS_PER_CLIENT = env.int("BELLWIRE_REQUESTS_PER_CLIENT", 0)
# Longest wait for a slot; clients and proxies give up at 30 to 60 s.
BELLWIRE_WAIT_S = env.float("BELLWIRE_WAIT_S", 30.0)
# `/readyz` reports `busy` after so long without a free slot: a burst of requests is over before.
BELLWIRE_BUSY_S = env.float("BELLWIRE_BUSY_S", 5.0)

# --- rate limits; each app's budgets.py has its budgets ------------------------------------------

# {"rooms.create": "20/1h"}: realtime/cluster/budgets.py describes the format.
try:
    BELLWIRE_BUDGETS = env.json("BELLWIRE_BUDGETS", {})
except ValueError as error:
    raise ImproperlyConfigured(f"BELLWIRE_BUDGETS is not JSON: {error}") from None
# In development one person's scripts act for many users.
BELLWIRE_BUDGET_SCALE = env.float("BELLWIRE_BUDGET_SCALE", 10.0 if DEBUG else 1.0)
# Redis on the same network responds within a millisecond; slower checks are skipped.
BELLWIRE_BUDGET_WAIT_S = env.float("BELLWIRE_BUDGET_WAIT_S", 0.15)

# Each phase of a running focus timer publishes an event to everybody in the room: phases of one
# second, in hundreds of rooms, would be a flood. Tests use seconds.
BELLWIRE_MIN_PHASE_S = env.int("BELLWIRE_MIN_PHASE_S", 1 if DEBUG else 60)

# Each event of a job goes to every recipient: a team or a class may follow one, not everybody.
BELLWIRE_JOB_RECIPIENTS = env.int("BELLWIRE_JOB_RECIPIENTS", 100)
# A job without a report for so long is stale.
BELLWIRE_JOB_STALE_S = env.float("BELLWIRE_JOB_STALE_S", 600.0)

# --- the assistant -------------------------------------------------------------------------------

# Any server with OpenAI's chat completions API; without a model the assistant quotes documents.
LLM_BASE_URL = env.str("LLM_BASE_URL", "")
LLM_API_KEY = env.str("LLM_API_KEY", "")
LLM_MODEL = env.str("LLM_MODEL", "")
if (LLM_BASE_URL or LLM_API_KEY) and not LLM_MODEL:
    raise ImproperlyConfigured("LLM_MODEL is not set: name the model that is to answer.")
if LLM_MODEL and not (LLM_BASE_URL or LLM_API_KEY):
    raise ImproperlyConfigured("LLM_MODEL is set, LLM_BASE_URL and LLM_API_KEY are not.")
LLM_FIRST_TOKEN_S = env.float("LLM_FIRST_TOKEN_S", 60.0)
LLM_STALL_S = env.float("LLM_STALL_S", 30.0)
LLM_ANSWER_S = env.float("LLM_ANSWER_S", 300.0)
LLM_RETRIES = env.int("LLM_RETRIES", 2)
LLM_CONTEXT_TOKENS = env.int("LLM_CONTEXT_TOKENS", 8_000)
# Longest line or chunk: no model comes near it.
LLM_EVENT_BYTES = env.int("LLM_EVENT_BYTES", 1 << 20)
# Longest answer, reasoning included: 64,000 tokens in chunks of a kilobyte.
LLM_STREAM_BYTES = env.int("LLM_STREAM_BYTES", 64 << 20)
BELLWIRE_QUESTION_CHARS = env.int("BELLWIRE_QUESTION_CHARS", 4_000)
BELLWIRE_ANSWERS_PER_USER = env.int("BELLWIRE_ANSWERS_PER_USER", 3)
BELLWIRE_ANSWERS_FINISH_S = env.float("BELLWIRE_ANSWERS_FINISH_S", 20.0)
# Concurrent child processes that parse HTML and PDF, each within 512 MiB.
BELLWIRE_DOCUMENT_READERS = env.int("BELLWIRE_DOCUMENT_READERS", 2)
BELLWIRE_EMBEDDED_CHARS_PER_S = env.float("BELLWIRE_EMBEDDED_CHARS_PER_S", 300.0)

# Notification types of the deployment; notifications/types.py describes the format.
try:
    BELLWIRE_NOTIFICATION_TYPES = env.json("BELLWIRE_NOTIFICATION_TYPES", {})
except ValueError as error:
    raise ImproperlyConfigured(f"BELLWIRE_NOTIFICATION_TYPES is not JSON: {error}") from None

# Test endpoints of the SockJS protocol's conformance suite.
SOCKJS_CONFORMANCE = env.bool("SOCKJS_CONFORMANCE", False)
if SOCKJS_CONFORMANCE and not DEBUG:
    raise ImproperlyConfigured("SOCKJS_CONFORMANCE is for development: unset it, or set DEBUG=1.")
# The client script that SockJS's iframe transports load.
SOCKJS_CLIENT_URL = env.str("SOCKJS_CLIENT_URL", "/static/portal/sockjs.min.js")

# --- tokens --------------------------------------------------------------------------------------

_accounts = accounts_conf.environment()
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=_accounts.access_token_minutes),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=_accounts.refresh_token_days),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
    "LEEWAY": _accounts.clock_skew_s,
    "USER_ID_CLAIM": "sub",
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": False,
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SAMESITE = "Lax" if DEBUG else "None"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
# HSTS: how long browsers use HTTPS only; a year, as is usual.
SECURE_HSTS_SECONDS = env.int("BELLWIRE_HSTS_S", 0 if DEBUG else 31_536_000)

# --- REST ----------------------------------------------------------------------------------------

# `snake` or `camel`: the case of field names where a client asks for neither (api/case.py).
BELLWIRE_JSON_CASE = env.str("BELLWIRE_JSON_CASE", "snake")
if BELLWIRE_JSON_CASE not in ("snake", "camel"):
    raise ImproperlyConfigured(
        f"BELLWIRE_JSON_CASE: expected snake or camel, got {BELLWIRE_JSON_CASE!r}"
    )

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.RequestAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.authentication.IsUser"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.throttling.BudgetThrottle"],
    "DEFAULT_PARSER_CLASSES": ["api.media.parsers.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["api.media.renderers.JsonRenderer"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.PagePagination",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.media.negotiation.JsonNegotiation",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": "api.metadata.ViewMetadata",
    "EXCEPTION_HANDLER": "config.middleware.unavailable.exception_handler",
    # The renderer formats datetimes, the same way as in events.
    "DATETIME_FORMAT": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Bellwire",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Enums of fields with the same name and different meanings.
    "ENUM_NAME_OVERRIDES": {
        "DocumentStatusEnum": ["processing", "ready"],
        "SpeakerEnum": ["user", "assistant"],
        "MemberRoleEnum": ["owner", "moderator", "member"],
    },
    "PREPROCESSING_HOOKS": ["config.openapi.hooks.without_aliases"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.case.rename",
        "config.openapi.hooks.complete",
    ],
}

# --- the page ------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
PORTAL_DIST = BASE_DIR / "frontend" / "dist"
# The client library, for pages that have no build step: /static/client/bellwire.js
CLIENT_DIST = BASE_DIR / "frontend" / "dist-lib"
STATICFILES_DIRS = [
    (name, folder)
    for name, folder in (("portal", PORTAL_DIST), ("client", CLIENT_DIST))
    if folder.is_dir()
]
WHITENOISE_USE_FINDERS = True
# Only config/middleware/cors.py allows other origins: browsers refuse two such headers.
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_AUTOREFRESH = DEBUG

LOGGING_CONFIG = "config.logs.configure"
LOGGING = logging_config(json=not DEBUG, level=env.str("LOG_LEVEL", "INFO"))
