"""Every effective status by level. Where none is listed, Meta leaves deleted and archived objects out."""

_ALL = ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES")
_REVIEW = ("PENDING_REVIEW", "DISAPPROVED", "PREAPPROVED", "PENDING_BILLING_INFO")

STATUSES = {
    "campaign": _ALL,
    "adset": (*_ALL, "CAMPAIGN_PAUSED"),
    "ad": (*_ALL, "CAMPAIGN_PAUSED", "ADSET_PAUSED", *_REVIEW),
}
