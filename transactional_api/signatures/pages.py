"""The pages on which a customer reads and signs. No scripts, nothing from another host."""

from html import escape

from transactional_api.kit.clock import instant_text
from transactional_api.signatures.rules import CONSENT
from transactional_api.signatures.signing import Shown

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 46rem; padding: 0 1rem; color: #1c2430 }
pre { background: #f4f6f8; border: 1px solid #d5dbe1; border-radius: 6px; padding: 1rem; white-space: pre-wrap }
code { overflow-wrap: anywhere }
label { display: block; margin: 0.8rem 0 }
input:not([type=checkbox]) { display: block; font: inherit; padding: 0.4rem; width: 100%; box-sizing: border-box }
button { font: inherit; padding: 0.6rem 1.4rem }
.error { color: #a30000 }
"""


def sign_page(shown: Shown, error: str | None = None) -> str:
    """The document with its hash, and the form while it can be signed."""
    envelope = shown.envelope
    document = (
        f"<pre>{escape(shown.document)}</pre><p>SHA-256 of this document: <code>{envelope.document_sha256}</code></p>"
    )
    if envelope.signed_at is not None:
        said = f"<p>This document was signed on {instant_text(envelope.signed_at)}.</p>"
        return _page("Signed", f"{said}{document}")
    fault = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    form = f"""{fault}<form method="post">
<label>Your full name <input type="text" name="name" maxlength="200" autocomplete="name" required></label>
<label>Your e-mail address (optional) <input type="email" name="email" maxlength="320" autocomplete="email"></label>
<label><input type="checkbox" name="consent" value="yes" required> {escape(CONSENT)}</label>
<p>Your name, the time, your network address and your browser are kept as evidence of your signature.</p>
<button type="submit">Sign</button></form>"""
    return _page("Sign", f"{document}{form}")


def message_page(title: str, detail: str) -> str:
    return _page(title, f"<p>{escape(detail)}</p>")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
