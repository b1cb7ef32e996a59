"""The built client: its files, and its index page for every address that the client itself understands.

A request never names a path of the file system: the folder is listed, and what is asked for is looked up in the list.
Files below assets/ carry a hash in their name and never change. Where the build left `name.br` or `name.gz` beside a
file, a browser that takes them gets those.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from yingda.kernel.errors import YingdaError
from yingda.server.client import INDEX
from yingda.server.deps import InHouse

PACKED = {".br": "br", ".gz": "gzip"}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Yingda 应答</title>
<h1>The web client is not built yet · 网页尚未构建</h1>
<p>Run <code>make setup</code> in the project folder and load this page again. Calls and the API work without it.</p>
<p>请在项目目录运行 <code>make setup</code>,然后刷新本页。通话与接口不受影响。</p>
</html>
"""

router = APIRouter()


@router.api_route("/{address:path}", methods=["GET", "HEAD"], include_in_schema=False)
def client(address: str, request: Request, house: InHouse) -> Response:
    """A file of the client, or its index page."""
    if address.startswith("api/"):
        raise YingdaError("not_found", "There is nothing at this address.", where=f"/{address}")
    files = house.client.files()
    if not files:
        return HTMLResponse(NOT_BUILT, 503, headers={"Cache-Control": "no-store"})
    if address not in files and "." in address.rpartition("/")[2]:
        raise YingdaError("not_found", "There is no such file.", where=f"/{address}")
    name = address if address in files else INDEX
    return _file(files, name, request.headers.get("accept-encoding", ""))


def _file(files: Mapping[str, Path], name: str, accepted: str) -> Response:
    headers = {"Cache-Control": FOR_EVER if name.startswith("assets/") else ASK_AGAIN, "Vary": "Accept-Encoding"}
    takes = {part.partition(";")[0].strip() for part in accepted.split(",")}
    path = files[name]
    for ending, encoding in PACKED.items():
        if encoding in takes and name + ending in files:
            path = files[name + ending]
            headers["Content-Encoding"] = encoding
            break
    return FileResponse(path, media_type=_media_type(name), headers=headers)


def _media_type(name: str) -> str:
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # The system's table may say text/plain for scripts, which browsers refuse under nosniff.
    return "text/javascript" if name.endswith((".js", ".mjs")) else guessed
