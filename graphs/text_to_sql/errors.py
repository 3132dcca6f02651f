"""What the graph refuses before it can answer."""

from graphs.errors import GraphError


class DatasourceUnusableError(GraphError):
    """The policy of a datasource does not fit its database, or the database is not there."""

    type = "datasource-unusable"
    status = 503
    title = "The datasource cannot be used"
