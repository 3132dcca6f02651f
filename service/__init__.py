"""The composition root: settings, container, jobs, and the use cases that every face shares."""
