"""The router's HTTP application over a gateway; tests build it over fakes."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from starlette.requests import Request

from services.router.api import Doorkeeper, chat_routes
from services.router.ask import ask_routes
from services.router.frontier import error_body
from services.router.gateway import Gateway


def build_app(gateway: Gateway, keys: dict[str, SecretStr], max_body_bytes: int) -> FastAPI:
    doorkeeper = Doorkeeper(keys)
    app = FastAPI(title="SLM Flywheel router", version="1", docs_url="/docs", redoc_url=None)
    app.include_router(chat_routes(gateway, doorkeeper, max_body_bytes))
    app.include_router(ask_routes(gateway, doorkeeper, max_body_bytes))

    @app.exception_handler(Exception)
    async def unexpected(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse(error_body(f"internal error ({type(error).__name__})", "server_error"), 500)

    return app
