"""Who may do what: the one list. A permission is `<area>:<verb>`; a role is a set of them; a caller has roles."""

from collections.abc import Iterable

READ = "read"
WRITE = "write"

# Every area of the core and its verbs. An endpoint may only ask for what stands here (see `boundary.py`).
AREAS: dict[str, tuple[str, ...]] = {
    "accounting": (READ, WRITE),
    "accounts": (READ, WRITE),
    "alerts": (READ, WRITE),
    "audit": (READ, "checkpoint"),
    "customers": (READ, WRITE, "erase"),
    "data": (READ, WRITE),
    "deals": (READ, WRITE, "approve", "sign"),
    "expenses": (READ, WRITE),
    "invoices": (READ, WRITE, "approve", "post"),
    "metrics": (READ,),
    "payables": (READ, WRITE, "pay"),
    "payments": (READ, WRITE, "process", "refund"),
    "periods": (READ, "close"),
    "policies": (READ, WRITE, "activate"),
    "products": (READ, WRITE),
    "receivables": (READ, WRITE),
    "reconciliation": (READ, WRITE),
    "revenue": (READ, WRITE),
    "sales": (READ, WRITE),
    "subscriptions": (READ, WRITE),
    "tax": (READ, WRITE),
    "webhooks": (READ, WRITE),
}
ALL = frozenset(f"{area}:{verb}" for area, verbs in AREAS.items() for verb in verbs)


def _all_of(*areas: str) -> frozenset[str]:
    return frozenset(f"{area}:{verb}" for area in areas for verb in AREAS[area])


_READS = frozenset(f"{area}:{READ}" for area, verbs in AREAS.items() if READ in verbs)
_COMPANY_READS = _READS - {"accounts:read", "audit:read", "webhooks:read"}

ROLES: dict[str, frozenset[str]] = {
    "admin": ALL,
    "analyst": _COMPANY_READS,
    "approver": frozenset({"deals:read", "deals:approve", "invoices:read", "invoices:approve", "policies:read"}),
    "auditor": _READS | {"audit:checkpoint"},
    "finance": _COMPANY_READS
    | {"deals:approve"}
    | _all_of(
        "accounting",
        "data",
        "expenses",
        "invoices",
        "payables",
        "payments",
        "periods",
        "products",
        "receivables",
        "reconciliation",
        "revenue",
        "sales",
        "subscriptions",
        "tax",
    )
    | {"deals:approve"},  # a quote beyond policy is reviewed by finance
    "sales": frozenset(
        {
            "alerts:read",
            "customers:read",
            "customers:write",
            "deals:read",
            "deals:sign",
            "deals:write",
            "invoices:read",
            "policies:read",
            "products:read",
            "sales:read",
            "sales:write",
            "subscriptions:read",
        }
    ),
}


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Everything that the roles allow together; a role that is not known allows nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))
