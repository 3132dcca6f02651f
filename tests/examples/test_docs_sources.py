"""The documentation of the sources names options that exist."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from providers.registry import SOURCE, installed, load
from providers.source.browser import BrowserConfig
from providers.source.bucket import BucketConfig
from providers.source.fetching.options import NetworkOptions
from providers.source.folder import FolderConfig
from providers.source.push import PushConfig
from providers.source.vendor.options import ItemFields, Listing, OAuth2, Signing, VendorApiConfig
from providers.source.web import WebConfig

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/how-to/add-sources.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs/reference/sources.md").read_text(encoding="utf-8")
NESTED: dict[str, type[BaseModel]] = {
    "oauth2": OAuth2,
    "signing": Signing,
    "listing": Listing,
    "fields": ItemFields,
}
OWN: dict[str, set[str]] = {
    "folder": set(FolderConfig.model_fields),
    "web": set(WebConfig.model_fields),
    "browser": set(BrowserConfig.model_fields) - set(WebConfig.model_fields),
    "bucket": set(BucketConfig.model_fields),
    "vendor_api": set(VendorApiConfig.model_fields) - set(NetworkOptions.model_fields),
    "push": set(PushConfig.model_fields),
}


EXAMPLES: list[tuple[str, str]] = re.findall(r'```yaml title="(\w+)"\n(.*?)```', GUIDE, re.DOTALL)


@pytest.mark.parametrize(("plugin", "text"), EXAMPLES)
def test_an_example_can_be_used(plugin: str, text: str) -> None:
    source = load(SOURCE, plugin, yaml.safe_load(text))
    assert source.rules_version.startswith(f"{plugin}-")


def test_every_plugin_has_an_example() -> None:
    assert {found for found in re.findall(r'```yaml title="(\w+)"', GUIDE)} == set(
        installed(SOURCE)
    )


@pytest.mark.parametrize("plugin", sorted(OWN))
def test_every_option_has_a_row(plugin: str) -> None:
    section = REFERENCE.split(f"\n## `{plugin}`\n")[1].split("\n## ")[0]
    listed = set(re.findall(r"^\| `([\w.]+)` \|", section, flags=re.MULTILINE))
    nested = NESTED if plugin == "vendor_api" else {}
    expected = {name for name in OWN[plugin] if name not in nested}
    expected |= {f"{name}.{key}" for name, part in nested.items() for key in part.model_fields}
    styles = {"page", "offset", "cursor", "link"} if plugin == "vendor_api" else set()
    assert listed == expected | styles
