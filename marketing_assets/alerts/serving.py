"""Serves charts by their names, which are random: for LINE and Teams, which take images by address only."""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from marketing_assets.alerts.chart_files import NAME, charts_folder
from marketing_assets.settings import Settings


def chart_routes(settings: Settings) -> list[Route]:
    """`GET /charts/{name}`; anything but the name of a chart that is there is a 404."""
    folder = charts_folder(settings)

    def chart(request: Request) -> Response:
        name = request.path_params["name"]
        if not NAME.fullmatch(name) or not (folder / name).is_file():
            return PlainTextResponse("there is no such chart", status_code=404)
        return FileResponse(folder / name, media_type="image/png", headers={"Cache-Control": "max-age=86400"})

    return [Route("/charts/{name}", chart, methods=["GET"])]


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until the process is ended."""
    uvicorn.run(Starlette(routes=chart_routes(settings)), host=host, port=port, access_log=False)
