"""The core as it is served, for `uvicorn --factory` with any number of workers."""

from fastapi import FastAPI

from transactional_api.main import create_app
from transactional_api.operations.lifecycle import settle_memory
from transactional_api.settings import Settings


def create() -> FastAPI:
    app = create_app(Settings())
    settle_memory()
    return app
