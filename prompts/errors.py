"""What can be wrong with a prompt."""


class PromptError(Exception):
    """A prompt cannot be used; `type` is the stable name of the problem."""

    type = "prompt-failed"
    status = 500
    title = "A prompt cannot be used"


class PromptNotFoundError(PromptError):
    """There is no prompt, or no version, of that name."""

    type = "prompt-not-found"
    status = 404
    title = "No such prompt"


class PromptInputsError(PromptError):
    """The values do not fit the inputs and flags that the prompt declares."""

    type = "prompt-inputs-invalid"
    status = 422
    title = "The values do not fit the prompt"


class TemplateError(PromptError):
    """A template cannot be compiled; the message names the file, the line and the reason."""

    type = "prompt-invalid"
    status = 422
    title = "The prompt cannot be compiled"


class CatalogueError(PromptError):
    """`catalog.toml` or a compiled file is broken, or was changed after its release."""

    type = "prompt-catalogue-invalid"
    status = 500
    title = "The catalogue of prompts is not in order"


class PromptStateError(PromptError):
    """The version is not in a state in which this can be done, such as a second release."""

    type = "prompt-state-conflict"
    status = 409
    title = "The prompt does not allow that"


class CompilerMissingError(PromptError):
    """POML is not installed; it is needed to compile, never to run."""

    type = "prompt-compiler-missing"
    status = 503
    title = "The compiler of prompts is not installed"


class PushError(PromptError):
    """The prompt management server refused or does not answer."""

    type = "prompt-push-failed"
    status = 502
    title = "The prompts were not pushed"
