"""Whom to trust over TLS, and what is wrong where a server is not trusted."""

import ssl
from dataclasses import dataclass

from models.text import Text, verbatim
from models.text import lazy_gettext as _

_UNKNOWN_SIGNER = frozenset({18, 19, 20, 21})  # of X509_V_ERR_…: self-signed, in the chain too, or no issuer known
_EXPIRED = frozenset({10, 12})
_WRONG_NAME = frozenset({62, 64})


@dataclass(frozen=True, slots=True)
class Trust:
    """Where the certificates lie of those who may sign for a server, as SSL_CERT_FILE and SSL_CERT_DIR name them.

    Without either, the usual authorities of the web are trusted.
    """

    file: str = ""
    folder: str = ""

    @property
    def path(self) -> str:
        """The one of both that counts."""
        return self.file or self.folder

    def context(self) -> ssl.SSLContext | bool:
        """Make what httpx takes as `verify`; raises OSError (ssl.SSLError is one) where nothing can be read there."""
        if not (self.file or self.folder):
            return True
        return ssl.create_default_context(cafile=self.file or None, capath=self.folder or None)


@dataclass(frozen=True, slots=True)
class TlsFault:
    """Why no safe connection came about; `needs_trust` where a certificate to trust would help."""

    message: Text
    advice: Text | None = None
    needs_trust: bool = False


def find_tls_fault(error: BaseException) -> TlsFault | None:
    """Find out whether a connection failed because of TLS, from the errors that led to this one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _explain(cause)
        if isinstance(cause, ssl.SSLError):
            return TlsFault(
                _("{server} does not speak TLS, as its address with https:// says."),
                _("Write http:// if it is meant to be asked without TLS."),
            )
        cause = cause.__cause__ or cause.__context__
    return None


def _explain(error: ssl.SSLCertVerificationError) -> TlsFault:
    reason = verbatim(error.verify_message)
    if error.verify_code in _UNKNOWN_SIGNER:
        return TlsFault(
            _("{server} shows a certificate that nobody known here has signed ({reason}).", reason=reason),
            _("Trust the certificate of its own authority."),
            needs_trust=True,
        )
    if error.verify_code in _EXPIRED:
        return TlsFault(_("{server} shows a certificate that has expired."), _("Renew it on that server."))
    if error.verify_code in _WRONG_NAME:
        return TlsFault(
            _("{server} shows a certificate for another name ({reason}).", reason=reason),
            _("Write its address with the name that the certificate is for."),
        )
    return TlsFault(_("{server} shows a certificate that cannot be checked ({reason}).", reason=reason))
