"""Every setting of the deployment, read from the environment.

`DEBUG=1` is development: demo logins are allowed, cookies travel over plain HTTP, and a throw-away
key signs tokens. Otherwise it is production, which needs a `SECRET_KEY` of its own.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from accounts.conf import conf as accounts_conf
from accounts.credentials.origins import is_opaque
from config.conf import ALL_SETTINGS
from config.conf import conf as deployment_conf
from config.logs import logging_config
from config.secret_key import DEVELOPMENT_KEY, refuse_weak_key
from env_settings import SettingError, load_all
from realtime import engine_conf

# A bad value stops the start, whichever app declares its variable.
try:
    load_all(*ALL_SETTINGS)
except SettingError as error:
    raise ImproperlyConfigured(str(error)) from None

_accounts = accounts_conf.environment()
_deployment = deployment_conf.environment()
_engine = engine_conf.environment()
env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = _deployment.debug
SECRET_KEY = _deployment.secret_key
if DEBUG:
    SECRET_KEY = SECRET_KEY or DEVELOPMENT_KEY
else:
    refuse_weak_key(SECRET_KEY)

ALLOWED_HOSTS = list(_deployment.allowed_hosts)
# Only CORS and SockJS accept "null", the Origin of files, webviews and sandboxes; the cookie is
# never accepted from there.
CSRF_TRUSTED_ORIGINS = [origin for origin in _accounts.allowed_origins if not is_opaque(origin)]

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

REDIS_URLS = _engine.redis_urls
BELLWIRE_REDIS_PREFIX = _engine.redis_prefix
DATABASE_URL = _deployment.database_url

if DATABASE_URL and not DATABASE_URL.startswith("sqlite"):
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {
            # 30 s: a writer that waits longer for a lock is in a pile-up that waiting only worsens.
            # 60 s: a transaction left open by a frozen worker must not hold its topics' locks for
            # ever.
            "options": "-c lock_timeout=30000 -c idle_in_transaction_session_timeout=60000",
            # libpq accepts no less than 2 s.
            "connect_timeout": max(2, round(_deployment.db_wait_s)),
            # If the network drops every packet, the kernel gives up after 15 s.
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 2,
            "tcp_user_timeout": 15_000,
            "pool": {
                "min_size": 1,
                "max_size": _deployment.db_pool,
                "timeout": _deployment.db_wait_s,
                "busy_wait": _deployment.db_busy_wait_s,
                # The pool's own retry delay doubles up to minutes, in which no request is served
                # although the database is back. So it gives up early, and the next request makes it
                # retry.
                "reconnect_timeout": _deployment.db_wait_s,
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

if _deployment.sockjs_conformance and not DEBUG:
    raise ImproperlyConfigured("SOCKJS_CONFORMANCE is for development: unset it, or set DEBUG=1.")

# --- tokens --------------------------------------------------------------------------------------

SIMPLE_JWT: dict[str, Any] = {
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
SECURE_HSTS_SECONDS = _deployment.hsts_s

# --- REST ----------------------------------------------------------------------------------------

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
LOGGING = logging_config(json=not DEBUG, level=_deployment.log_level)
