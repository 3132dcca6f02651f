"""Errors in OpenAI's shape."""

from api.problems import FieldProblem, Problem
from api.v1.errors import openai_error


def _problem(status: int, slug: str = "some-slug") -> Problem:
    return Problem(
        type=f"/problems/{slug}", title="T", status=status, detail="do this", trace_id="t"
    )


def test_maps_status_to_the_types_that_clients_know() -> None:
    kinds = {
        status: openai_error(_problem(status))["error"]["type"]
        for status in (400, 401, 403, 404, 422, 429, 500, 503)
    }
    assert kinds == {
        400: "invalid_request_error",
        401: "authentication_error",
        403: "permission_error",
        404: "invalid_request_error",
        422: "invalid_request_error",
        429: "rate_limit_error",
        500: "server_error",
        503: "server_error",
    }


def test_names_the_wrong_parameter() -> None:
    fields = [FieldProblem(field="body.messages", message="missing")]
    error = openai_error(_problem(422).model_copy(update={"errors": fields}))["error"]
    assert error["param"] == "messages"
    assert error["code"] == "some_slug"
    assert error["message"] == "do this"
