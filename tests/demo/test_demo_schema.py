"""Whatever the OpenAPI page allows, and what it does not: no answer is an accident."""

from __future__ import annotations

from typing import Any

import pytest

from tests.demo.demo_models import SayingModel

pytest.importorskip("gradio")
schemathesis = pytest.importorskip("schemathesis")
hypothesis = pytest.importorskip("hypothesis")

from schemathesis.specs.openapi.checks import positive_data_acceptance  # noqa: E402

from chatmusician.demo.api import create_api  # noqa: E402
from chatmusician.demo.desk import Desk  # noqa: E402
from chatmusician.demo.settings import Limits  # noqa: E402

pytestmark = pytest.mark.slow

api = create_api(Desk(lambda: SayingModel(), Limits(), "the saying model"))
schema = schemathesis.openapi.from_asgi("/openapi.json", api)


@schema.parametrize()
@hypothesis.settings(
    max_examples=40, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)
def test_no_accident(case: Any) -> None:
    answer = case.call()
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    # Words that are no music are within the schema, and are refused.
    case.validate_response(answer, excluded_checks=[positive_data_acceptance])
