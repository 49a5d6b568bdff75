"""Whether an answer is packed: by gzip, and only for who takes that (RFC 9110, 12.5.3).

Not left to aiohttp, which looks for the word alone and packs for `gzip;q=0` too.
"""

from aiohttp import web

from monitor.metrics import quality


def gzip_wanted(request: web.Request) -> bool:
    return quality(",".join(request.headers.getall("Accept-Encoding", [])), "gzip") > 0


def gzipped_if_wanted(request: web.Request, response: web.Response) -> web.Response:
    if gzip_wanted(request):
        response.enable_compression(web.ContentCoding.gzip)
    return response
