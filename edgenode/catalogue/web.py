"""Opens URLs of the web, and no others: urllib's own opener also opens files and FTP."""

import http.client
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from edgenode import __version__
from edgenode.catalogue.address import SCHEMES, authorization, bare, shown
from edgenode.errors import ModelError

HANDLERS = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
    urllib.request.UnknownHandler,
)


def get(url: str, start: int, silence_s: float) -> http.client.HTTPResponse:
    """Return the server's response, from byte *start* on, wherever on the web it leads.

    Raise ``ModelError`` if it leads elsewhere, and whatever urllib raises.
    """
    headers = {"User-Agent": f"edgenode/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(bare(url), headers=headers)  # noqa: S310 for http(s) alone
    if secret := authorization(url):
        request.add_unredirected_header("Authorization", secret)
    opener = urllib.request.OpenerDirector()
    for handler in (*HANDLERS, _Redirects):
        opener.add_handler(handler())
    response: http.client.HTTPResponse = opener.open(request, timeout=silence_s)
    return response


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to another place on the web, and not with our password to another server."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: Any,  # noqa: ANN401 as in urllib
        *args: Any,  # noqa: ANN401 as in urllib
    ) -> urllib.request.Request | None:
        """Return the request for the new place, the last of *args*."""
        scheme = urlsplit(args[-1]).scheme
        if scheme not in SCHEMES:
            fp.close()
            raise ModelError(f"{shown(req.full_url)}: the server leads to {scheme}:, not to a file")
        request = super().redirect_request(req, fp, *args)
        secret = req.unredirected_hdrs.get("Authorization")
        if request is not None and secret and _server(request) == _server(req):
            request.add_unredirected_header("Authorization", secret)
        return request


def _server(request: urllib.request.Request) -> tuple[str, str]:
    return request.type, request.host
