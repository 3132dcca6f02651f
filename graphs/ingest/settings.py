"""What can be configured of ingestion."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ChunkSettings(BaseModel):
    """How texts are cut; sizes in tokens of the embedder's own tokenizer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_tokens: int = Field(default=224, ge=32, le=8192)
    overlap_tokens: int = Field(default=0, ge=0, le=512)

    @model_validator(mode="after")
    def _overlap_leaves_room(self) -> "ChunkSettings":
        if self.overlap_tokens > self.max_tokens // 2:
            raise ValueError("overlap_tokens must be at most half of max_tokens")
        return self


class IngestSettings(BaseModel):
    """Limits of one document; sizes in MiB (2**20 bytes), times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_file_mb: int = Field(default=100, ge=1)
    default_language: str = Field(default="en", pattern="^[a-z]{2}$")
    """Language (ISO 639-1) taken for a text that is too short to tell."""
    chunk: ChunkSettings = ChunkSettings()
