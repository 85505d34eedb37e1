"""Classifies refused calls: account, request, model, text or proxy at fault, or worth a retry."""

from __future__ import annotations

import re

from fathom.errors import (
    AccountRefused,
    AddressWrong,
    AnswerRefused,
    CreditSpent,
    FathomError,
    KeyRefused,
    ModelUnknown,
    PermissionMissing,
    ProxyRefused,
    RequestRefused,
)
from fathom.llm.client import LLMCallFailed
from fathom.llm.providers.error_response import RefusedCall

MAX_RATE_WAIT_S = 300.0  # the longest retry-after of a per-minute rate limit
_WHO = "The provider of the language model"

_CREDIT_CODES = (
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "insufficient_balance",
    "credit_limit_exceeded",
    "arrearage",
    "payment_required",
    "insufficient_credits",
    "usage_limit_reached",
    "1113",
    "allocationquota.freetieronly",
    "spend_limit_exceeded",
    "budget_exceeded",
    "usage_limit_exceeded",
    "quota_exceeded",
)
_CREDIT = re.compile(
    r"credit balance|insufficient[_ ](?:quota|balance|credits?|funds)|(?:out of|not enough|no|enough|more) credits"
    r"|exceeded your (?:current )?quota|quota (?:has been |is )?(?:exceeded|exhausted|used up|reached)|your plan and billing"
    r"|billing (?:hard )?limit|billing (?:is )?not active|(?:usage|spend(?:ing)?|monthly|credit|budget|daily|weekly) limits?\b"
    r"|budget has been exceeded|exceeded budget|account balance|balance is (?:too low|insufficient|not enough)|payment required"
    r"|purchase credits|add (?:a payment|more credits)|free tier of the model has been exhausted|overdue|recharge|top up"
    r"|\u4f59\u989d\u4e0d\u8db3|\u6b20\u8d39"
)
_A_DAY = re.compile(r"per[ _]?day|perday|\((?:tpd|rpd)\)|daily|per month|monthly|per week|weekly")
_A_MINUTE = re.compile(r"per[ _]?(?:min|minute|second|hour)|perminute|\((?:tpm|rpm)\)")
_KEY_CODES = (
    "invalid_api_key",
    "authentication_error",
    "unauthenticated",
    "invalid_authentication",
    "api_key_invalid",
    "unauthorized",
    "token_expired",
    "account_deactivated",
    "invalid_iam_token",
)
_KEY = re.compile(
    r"(?:invalid|incorrect|wrong|missing|no|expired|revoked|malformed|bad|unknown) (?:x-)?(?:api[ -]?key|auth|authentication"
    r"|authorization|credentials?|bearer|token provided)"
    r"|api key (?:is )?(?:not valid|invalid|expired|missing|not found|required)"
    r"|(?:not|didn't|did not) (?:provide|find|pass)[^.]{0,30}api key|authentication (?:fails|failed|error|required)|no auth"
    r"|unauthorized|could not validate credentials|x-api-key|token expired"
)
_PERMISSION_CODES = (
    "permission_error",
    "permission_denied",
    "access_terminated",
    "organization_restricted",
    "access_denied",
    "unsupported_country_region_territory",
    "model_permission",
    "accessdenied",
    "project_disabled",
)
_PERMISSION = re.compile(
    r"(?:organi[sz]ation|account|project|workspace|key)[^.]{0,60}(?:has been |is |was )?"
    r"(?:disabled|deactivated|suspended|restricted|terminated|blocked|banned|archived|locked)"
    r"|(?:not have|no|lacks?|without|missing|insufficient) (?:the )?"
    r"(?:access|permissions?|scopes?)|not (?:allowed|permitted|authori[sz]ed) to|country, region|location is not supported"
    r"|verified to use|must be verified|not entitled|subscription (?:required|has expired)|permission denied"
    r"|ip (?:address )?not allowed"
)
_CONTENT_CODES = (
    "content_filter",
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "moderation",
    "content_filtered",
    "datainspectionfailed",
    "moderation_blocked",
    "safety",
    "1301",
    "sensitive",
    "contentpolicyviolation",
    "prohibited_content",
    "recitation",
)
_CONTENT = re.compile(
    r"content (?:management|filter|polic|exists risk|moderation|violat)|content_filter|flagged|responsible ?ai|moderation"
    r"|inappropriate content|unsafe or sensitive|prohibited content|safety (?:system|reasons|filter|polic)|usage polic"
    r"|violates our"
    r"|blocked by (?:our )?(?:content|safety|guardrail)|sensitive (?:content|words?|information)|recitation"
)
_MODEL_CODES = (
    "model_not_found",
    "modelnotfound",
    "deploymentnotfound",
    "model_decommissioned",
    "invalid_model",
    "model_not_exist",
    "resourcenotfoundexception",
    "1211",
    "model_not_available",
    "model_deprecated",
    "model_not_supported",
)
_MODEL = re.compile(
    r"(?:model|deployment)\b[^.]{0,160}?(?:not (?:be )?(?:found|exist|available|supported for|a valid|loaded|pulled)"
    r"|does ?n[o']t exist|do not exist|not exist|unknown|retired|deprecated|decommissioned|end[- ]of[- ]life|no longer"
    r"|shut ?down)"
    r"|(?:unknown|invalid|no such|unsupported|unrecognized|no) (?:model|deployment)s?\b|not a valid model"
    r"|does not exist or you do not"
    r"|try pulling it|^model: \S+"
)
_PROXY = re.compile(
    r"proxy|firewall|zscaler|forcepoint|fortigate|fortiguard|blue ?coat|web ?filter|cloudflare|netskope"
    r"|palo alto|blocked|squid|captive|access denied|waf\b|request forbidden by administrative"
)
_LOADING = re.compile(r"loading|is starting|warming up|initiali[sz]ing|not ready|model is (?:currently )?being")


def classify_refusal(refused: RefusedCall, model: str, *, has_answered: bool = True) -> Exception:
    """Returns the error of a refused call: LLMCallFailed if a retry may help, else a named error.

    Args:
        model: its name, for the message.
        has_answered: whether this server has answered before; an unexplained refusal is then about the text.
    """
    return (
        _of_proxy(refused)
        or _of_account(refused)
        or _of_model_or_address(refused, model)
        or _of_text(refused)
        or _to_try_again(refused)
        or _of_request(refused, has_answered)
    )


def classify_page(refused: RefusedCall, where: str, *, has_answered: bool) -> Exception:
    """Returns the error of a web page with status 200: a wrong address, a proxy, or trouble of a server that has answered
    before.
    """
    if _PROXY.search(refused.words) and not re.search(r"log ?in|sign ?in|password", refused.words):
        return ProxyRefused(f"A proxy or firewall answers in place of the language model: {refused.message}")
    if has_answered:
        return LLMCallFailed("page", f"It answers with a web page: {refused.message}")
    return AddressWrong(f"At {where} is a web page and no language model: {refused.message}")


def account_fault(refused: RefusedCall) -> AccountRefused | None:
    """Returns the account error that a refusal is about, whatever its status; None if it is about something else."""
    rate = refused.wait is not None and refused.wait <= MAX_RATE_WAIT_S and not refused.has_code("insufficient_quota")
    rate = rate or (refused.status == 429 and _A_MINUTE.search(refused.words) is not None)
    if refused.status == 402 or (
        not rate and (refused.has_code(*_CREDIT_CODES) or _CREDIT.search(refused.words) or _is_daily(refused))
    ):
        return CreditSpent(f"The account at the provider of the language model has no credit or quota left: {refused.message}")
    if refused.status == 429 or refused.status >= 500:
        return None
    if refused.has_code(*_PERMISSION_CODES) or (refused.status in (400, 401, 403) and _PERMISSION.search(refused.words)):
        return PermissionMissing(f"{_WHO} does not permit this key or organisation to use it: {refused.message}")
    if refused.status == 401 or refused.has_code(*_KEY_CODES) or (refused.status in (400, 403) and _KEY.search(refused.words)):
        return KeyRefused(f"{_WHO} refused the key (HTTP {refused.status}).")
    return None


def is_about_content(refused: RefusedCall) -> bool:
    """Returns whether a refusal is about the content of the text."""
    return refused.has_code(*_CONTENT_CODES) or _CONTENT.search(refused.words) is not None


def _of_proxy(refused: RefusedCall) -> FathomError | None:
    if refused.status == 407:
        return ProxyRefused(f"The proxy wants a name and password (HTTP 407): {refused.message}")
    if refused.is_page and (refused.status == 403 or (refused.status in (401, 451, 511) and _PROXY.search(refused.words))):
        return ProxyRefused(f"A proxy or firewall refused the question (HTTP {refused.status}): {refused.message}")
    if refused.status == 511:
        return ProxyRefused(f"The network wants a login first (HTTP 511): {refused.message}")
    return None


def _of_account(refused: RefusedCall) -> FathomError | None:
    if is_about_content(refused) and refused.status in (400, 403, 422, 451):
        return None
    if (fault := account_fault(refused)) is not None:
        return fault
    if refused.status == 403:
        return PermissionMissing(f"{_WHO} does not permit this key to use the model (HTTP 403): {refused.message}")
    return None


def _of_model_or_address(refused: RefusedCall, model: str) -> FathomError | None:
    named = refused.has_code(*_MODEL_CODES) or (not refused.is_page and _MODEL.search(refused.words) is not None)
    if named and refused.status in (400, 404, 410, 422):
        return ModelUnknown(f"{_WHO} knows no model {model}: {refused.message}")
    if refused.status in (301, 302, 303, 307, 308, 404, 405, 410):
        return AddressWrong(
            f"Nothing at the address of the language model takes questions (HTTP {refused.status}): {refused.message}"
        )
    return None


def _of_text(refused: RefusedCall) -> FathomError | None:
    if refused.status in (400, 403, 422, 451, 500) and is_about_content(refused):
        return AnswerRefused(f"{_WHO} refused the content of the text: {refused.message}")
    return None


def _to_try_again(refused: RefusedCall) -> LLMCallFailed | None:
    if refused.status in (408, 409, 425, 429) or refused.status >= 500:
        kind = "loading" if refused.status == 503 and _LOADING.search(refused.words) else f"http_{refused.status}"
        return LLMCallFailed(kind, f"HTTP {refused.status}: {refused.message}", retry_after=refused.wait)
    return None


def _of_request(refused: RefusedCall, has_answered: bool) -> FathomError:
    message = f"{_WHO} refused the request: HTTP {refused.status}: {refused.message}"
    return AnswerRefused(message) if has_answered else RequestRefused(message)


def _is_daily(refused: RefusedCall) -> bool:
    return refused.status == 429 and _A_DAY.search(refused.words) is not None and not _A_MINUTE.search(refused.words)
