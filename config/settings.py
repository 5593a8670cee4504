"""Settings: wiring only, every value from the environment (docs/settings.md)."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import allauth
from django.utils.csp import CSP

from config import env
from config.version import version_of
from console import menu
from lots.operator_dates import read_dates
from payments.merchants import at_sandbox, read_merchants

BASE_DIR = Path(__file__).resolve().parent.parent
_env = env.Environment()
VERSION = version_of(BASE_DIR)

DEBUG = False
SECRET_KEY = _env.read("SECRET_KEY", env.secret)
PUBLIC_URL = _env.read("PUBLIC_URL", env.origin)
DEVICE_URL = _env.read("DEVICE_URL", env.origin, PUBLIC_URL)
CONSOLE_URL = _env.read("CONSOLE_URL", env.origin, PUBLIC_URL)
MEMBERS = _env.read("MEMBERS", env.flag, False)
MEMBERS_URL = _env.read("MEMBERS_URL", env.origin, PUBLIC_URL)
ORIGINS = [url for url in dict.fromkeys([PUBLIC_URL, DEVICE_URL, CONSOLE_URL, MEMBERS_URL]) if url]
ALLOWED_HOSTS = _env.read("ALLOWED_HOSTS", env.hosts, [env.host_of(url) for url in ORIGINS])
if MEMBERS and not (BASE_DIR / "members").is_dir():
    _env.faults.append("MEMBERS: there is no folder members/ here")
SURFACES = _env.read("SURFACES", env.surfaces, ["driver", "device", "console", *["members"] * MEMBERS])
if "members" in SURFACES and not MEMBERS:
    _env.faults.append("SURFACES: members needs MEMBERS=1")
TRUSTED_PROXIES = _env.read("TRUSTED_PROXIES", env.count, 0)

PLATE_KEYS = _env.read("PLATE_KEYS", env.keyring)
PLATE_INDEX_KEY = _env.read("PLATE_INDEX_KEY", env.key)
CODE_KEY = _env.read("CODE_KEY", env.key)

PRODUCTION = _env.read("PURECODE_PRODUCTION", env.flag, False)
STAGING = _env.read("STAGING", env.flag, False)
SANDBOX_URL = _env.read("SANDBOX_URL", env.origin, "")
SANDBOX_PUBLIC_URL = _env.read("SANDBOX_PUBLIC_URL", env.origin, SANDBOX_URL)
CALENDARS = _env.read("CALENDARS", read_dates, {})
MERCHANTS = _env.read(
    "MERCHANTS", lambda text: at_sandbox(read_merchants(text), SANDBOX_URL, SANDBOX_PUBLIC_URL), ()
)

INVOICE_ISSUER_URL = _env.read("INVOICE_ISSUER_URL", env.service, "")
INVOICE_ISSUER_KEY = _env.read("INVOICE_ISSUER_KEY", env.key, b"")
if bool(INVOICE_ISSUER_URL) != bool(INVOICE_ISSUER_KEY):
    _env.faults.append("INVOICE_ISSUER_URL and INVOICE_ISSUER_KEY go together")
INVOICE_RETENTION_DAYS = _env.read("INVOICE_RETENTION_DAYS", env.days, 7)
MAILERS = _env.read("EMAIL_URL", env.mail_server, {})
DEFAULT_FROM_EMAIL = _env.read("EMAIL_FROM", env.mail_sender, "")
if bool(MAILERS) != bool(DEFAULT_FROM_EMAIL):
    _env.faults.append("EMAIL_URL and EMAIL_FROM go together")
SILENCED_SYSTEM_CHECKS = ["mail.W001"]  # without EMAIL_URL nothing is ever mailed, and no form offers it
SELFCHECK_HOURS = _env.read("SELFCHECK_HOURS", env.hours, 0)
SELFCHECK_PROCESS = _env.read("SELFCHECK_PROCESS", env.flag, False)
DECLARATION_KEY = _env.read("DECLARATION_KEY", env.key, b"")

SMS_URL = _env.read("SMS_URL", env.service, "")
SMS_KEY = _env.read("SMS_KEY", env.key, b"")
if bool(SMS_URL) != bool(SMS_KEY):
    _env.faults.append("SMS_URL and SMS_KEY go together")
_SAME_HOST = urlsplit(MEMBERS_URL).hostname == urlsplit(PUBLIC_URL).hostname  # a cookie knows no port
if MEMBERS and PRODUCTION and (not SMS_URL or _SAME_HOST):
    _env.faults.append("MEMBERS: needs SMS_URL and a MEMBERS_URL of its own")
MEMBER_DAYS = _env.read("MEMBER_DAYS", env.member_days, 365)

_USE = env.use_of_database(os.environ.get("PURECODE_PROCESS", "command"), SURFACES)
_POOLER = _env.read("DATABASE_POOLER", env.pooler, None)
DATABASES = {
    "default": _env.read(
        "DATABASE_URL",
        lambda text: env.database(text, _USE, _POOLER),
        env.database(f"sqlite:///{BASE_DIR}/var/purecode.sqlite3", _USE),
    )
}
_CONSOLE = _env.read("CONSOLE_DATABASE_URL", lambda text: env.database(text, _USE), None)
if _CONSOLE and _USE == "console":  # the role that cannot bypass row-level security
    DATABASES["default"] = _CONSOLE
SUPPORT_PHONE = _env.read("SUPPORT_PHONE", env.label, "")
CONSOLE_MFA = _env.read("CONSOLE_MFA", env.one_of("required", "offered"), "required")
STAFF_REFUND_LIMIT = _env.read("STAFF_REFUND_LIMIT", env.count, 20_000)
OVERPAID_MINIMUM = _env.read("OVERPAID_MINIMUM", env.count, 100)
DEBT_DAYS = _env.read("DEBT_DAYS", env.debt_days, 30)
METRICS_TOKEN = _env.read("METRICS_TOKEN", env.secret, "")
HEARTBEAT_URL = _env.read("HEARTBEAT_URL", env.service, "")
BEAT_FILE = _env.read("BEAT_FILE", Path, None)
CONTACTS_FILE = _env.read("CONTACTS_FILE", Path, None)
METRICS_LOOPBACK = _env.read("METRICS_LOOPBACK", env.flag, False)
BACKUP_PATH = _env.read("BACKUP_PATH", Path, None)
BACKUP_PROOF = _env.read("BACKUP_PROOF", Path, None)
BACKUP_SLOT = _env.read("BACKUP_SLOT", str, "")
DISK_PATHS = _env.read("DISK_PATHS", env.words, [str(BASE_DIR)])
ALERT_LANGUAGE = _env.read("ALERT_LANGUAGE", env.language, "zh")
ALERT_MAIL_TO = _env.read("ALERT_MAIL_TO", env.mail_addresses, [])
ALERT_WECOM = _env.read("ALERT_WECOM", env.robot, "")
ALERT_DINGTALK = _env.read("ALERT_DINGTALK", env.robot, "")
ALERT_DINGTALK_SECRET = _env.read("ALERT_DINGTALK_SECRET", str, "")
if ALERT_MAIL_TO and not MAILERS:
    _env.faults.append("ALERT_MAIL_TO: needs EMAIL_URL and EMAIL_FROM")  # else no alert would ever be mailed
if ALERT_DINGTALK_SECRET and not ALERT_DINGTALK:
    _env.faults.append("ALERT_DINGTALK_SECRET: needs ALERT_DINGTALK")
OIDC_NAME = _env.read("OIDC_NAME", env.label, "")
OIDC_ISSUER = _env.read("OIDC_ISSUER", env.issuer, "")
OIDC_CLIENT_ID = _env.read("OIDC_CLIENT_ID", str, "")
OIDC_CLIENT_SECRET = _env.read("OIDC_CLIENT_SECRET", str, "")
OIDC_MFA = _env.read("OIDC_MFA", env.words, [])
_OIDC = [OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET]
if any(_OIDC) and not all(_OIDC):
    _env.faults.append("OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET go together")
LOG_LEVEL = _env.read("LOG_LEVEL", env.log_level, "INFO")
_env.exclude("PURECODE_PRODUCTION", PRODUCTION, "SANDBOX_URL", SANDBOX_URL)
_env.exclude("PURECODE_PRODUCTION", PRODUCTION, "STAGING", STAGING)
_env.stop_on_faults()

# A web process loads what its surfaces need: Django imports the template tags of each installed application.
_WEB = os.environ.get("PURECODE_PROCESS") == "web"
_WITH_CONSOLE = not _WEB or "console" in SURFACES
_WITH_DEVICES = _WITH_CONSOLE or "device" in SURFACES
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *(["allauth", "config.apps.ConsoleAccounts", "allauth.mfa"] * _WITH_CONSOLE),
    *(["rest_framework", "drf_spectacular", "drf_standardized_errors"] * _WITH_DEVICES),
    "core",
    "lots",
    "payments",
    "staff",
    "compliance",
    "monitoring",
    "presentation",
    *["console"] * _WITH_CONSOLE,
    *["members"] * MEMBERS,
]
MIDDLEWARE = [  # what these do for the addresses of a car's way is done in config/hot_requests.py as well
    "config.middleware.PublicScheme",
    "config.middleware.NoServerName",
    "config.middleware.OwnOrigin",
    "config.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.KnownHost",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "config.middleware.ConsoleStack",
]
CONSOLE_MIDDLEWARE = [
    "config.middleware.PublicScheme",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.console_language.Language",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "console.console_errors.KeepForms",
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ROOT_URLCONF = "config.urls"
DEVICE_URLCONF = "devices.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", Path(allauth.__file__).parent / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["config.staging_mark"],
        },
    }
]

# What is shown where no language was chosen, and what zh-hant falls back to. Message ids are English.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/console/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
CONSOLE_CSP = {**SECURE_CSP, "script-src": [CSP.SELF], "connect-src": [CSP.SELF]}
SECURE_REFERRER_POLICY = "strict-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = None  # set where there are sessions: console and members
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

SECURE_HSTS_SECONDS = 31_536_000  # sent over https alone
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
CSRF_FAILURE_VIEW = "console.console_errors.expired"
CSRF_TRUSTED_ORIGINS = [CONSOLE_URL] if CONSOLE_URL else []
_HTTPS = (CONSOLE_URL or "").startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_ENGINE = "staff.session_store"
SESSION_COOKIE_NAME = "__Host-session" if _HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _HTTPS else "csrf"
# Failed sign-ins and used one-time codes: in the database, since each request may meet another process.
CACHES = {
    "default": {
        "BACKEND": "staff.sign_in_limits.SignInLimits",
        "LOCATION": "staff_limits",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
LOGIN_URL = "/console/login"
CONSOLE_MENU = menu.with_members(on=MEMBERS)
ACCOUNT_ADAPTER = "console.sign_in.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/15m/key"}  # by account: addresses are not looked at
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": None}
MFA_TOTP_ISSUER = "PureCode"
AUTH_PASSWORD_VALIDATORS = [
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
    ),
    {"NAME": "staff.passwords.GuessableValidator"},
]
LOGIN_REDIRECT_URL = "/console/"

DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024  # a camera may push its pictures as base64

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["devices.deny_all.DenyAll"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
_STATUSES = ["400", "401", "403", "404", "411", "413", "415", "503"]
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "devices.api.api_errors.ApiErrorHandler",
    "EXCEPTION_FORMATTER_CLASS": "devices.api.api_errors.Formatter",
    "ALLOWED_ERROR_STATUS_CODES": _STATUSES,
    "ERROR_SCHEMAS": dict.fromkeys(_STATUSES, "devices.api.device_serializers.ErrorsSerializer"),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PureCode device API",
    "DESCRIPTION": "For cameras and gate boxes; docs/devices.md has examples.",
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

LOGGING_CONFIG = "config.logs.configure"
LOGGING = {"level": LOG_LEVEL}
