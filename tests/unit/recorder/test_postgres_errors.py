"""Which refusals of PostgreSQL are waited out, and which end the recorder."""

import asyncpg
import pytest

from services.recorder.adapters import refused
from shared.errors import FatalError, TransientError


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DiskFullError,
        asyncpg.PostgresIOError,
        asyncpg.OutOfMemoryError,
        asyncpg.TooManyConnectionsError,
        asyncpg.CannotConnectNowError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.DeadlockDetectedError,
    ],
)
def test_a_server_in_trouble_is_waited_for(error: type[asyncpg.PostgresError]) -> None:
    assert isinstance(refused(error("")), TransientError)


@pytest.mark.parametrize("error", [asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError])
def test_a_server_that_is_not_ours_ends_the_recorder_with_its_code(error: type[asyncpg.PostgresError]) -> None:
    told = refused(error(""))
    assert isinstance(told, FatalError) and error.sqlstate in str(told)
