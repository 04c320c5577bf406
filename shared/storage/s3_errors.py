"""What an S3 store answers when it does not do what was asked, in our three words."""

from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from shared.errors import HeardError, Rejected, Retryable, Unavailable
from shared.storage.objects import Differs, Missing


class Damaged(Exception):
    """What came is not what the store said that it would send."""


WRONG: Final = (ClientError, BotoCoreError, ResponseParserError, Damaged, OSError)
"""Everything that a request may end with, but an answer."""

_ABSENT: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
_WHO: Final = frozenset(
    {
        "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
        "InvalidClientTokenId", "AuthorizationHeaderMalformed",
    }
)  # fmt: skip
_FORBIDDEN: Final = frozenset({"AccessDenied", "AllAccessDisabled", "AccountProblem", "403"})
_GARBLED: Final = frozenset(
    {
        "BadDigest",
        "InvalidDigest",
        "XAmzContentSHA256Mismatch",
        "XAmzContentChecksumMismatch",
        "IncompleteBody",
    }
)
_BUSY: Final = frozenset({"OperationAborted", "ConditionalRequestConflict"})
_FOR_NOW: Final = frozenset(
    {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "Throttling"}
)
_FULL: Final = frozenset({"InsufficientStorage", "QuotaExceeded", "507"})
_NEVER: Final = frozenset({"KeyTooLongError", "InvalidArgument", "EntityTooLarge", "InvalidRequest"})


def passes(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, ClientError):
        code, status = code_of(error), _status(error)
        return code in _GARBLED | _BUSY | _FOR_NOW or status in (408, 429) or status >= 500
    return not isinstance(error, (NoCredentialsError, PartialCredentialsError, ParamValidationError))


def ours(error: Exception) -> HeardError:
    """The error in our words. Its own text names keys and addresses, so it stays behind."""
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return Unavailable("object_credentials_wrong")
    if isinstance(error, ParamValidationError):
        return Rejected("object_refused")
    if isinstance(error, (Damaged, FlexibleChecksumError)):
        return Differs("object_differs")
    if not isinstance(error, ClientError):
        return Unavailable("object_store_away")
    code, status = code_of(error), _status(error)
    for codes, said in _SAID:
        if code in codes:
            return said()
    if status == 507:
        return Unavailable("object_store_full")
    if status in (408, 429) or status >= 500:
        return Unavailable("object_store_away")
    return Retryable("object_store_error")


_SAID: Final = (
    (_ABSENT, lambda: Missing("object_missing")),
    (frozenset({"NoSuchBucket"}), lambda: Unavailable("object_bucket_missing")),
    (_WHO, lambda: Unavailable("object_credentials_wrong")),
    (_FORBIDDEN, lambda: Unavailable("object_access_denied")),
    (frozenset({"RequestTimeTooSkewed"}), lambda: Unavailable("object_clock_skewed")),
    (_GARBLED, lambda: Unavailable("object_store_garbles")),
    (_BUSY, lambda: Retryable("object_busy")),
    (_FULL, lambda: Unavailable("object_store_full")),
    (frozenset({"PreconditionFailed", "412"}), lambda: Retryable("object_changed")),
    (_NEVER, lambda: Rejected("object_refused")),
)


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
