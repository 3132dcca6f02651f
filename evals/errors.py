"""What an evaluation refuses."""


class DatasetError(Exception):
    """An evaluation set cannot be used; the message names the file, the line and the fault."""

    type = "dataset-invalid"
    status = 422
    title = "The evaluation set cannot be used"


class DatasetNotFoundError(DatasetError):
    """A file of the evaluation set is missing."""

    type = "dataset-not-found"
    status = 404
    title = "No such evaluation set"
