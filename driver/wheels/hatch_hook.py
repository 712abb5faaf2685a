"""The build hook ``dx-py`` of hatchling.

[build-system]
requires = ["hatchling", "dx-py"]

[tool.hatch.build.targets.wheel.hooks.dx-py]
levels = [0]
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilder
from hatchling.plugin import hookimpl

from dx_py.driver.wheels.shipment import ShippedFile, levels_from, ship


class ShippingHook(BuildHookInterface[BuilderConfig]):
    """Adds to a wheel the code of the modules that hatchling selects for it."""

    PLUGIN_NAME = "dx-py"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        builder = self.build_config.builder
        if not isinstance(builder, WheelBuilder) or version == "editable":
            return
        modules = {
            Path(file.distribution_path).as_posix(): Path(file.path)
            for file in builder.recurse_included_files()
            if file.distribution_path.endswith(".py")
        }
        # Until ``finalize``: hatchling reads the files in between.
        self._scratch = TemporaryDirectory(prefix="dx-py-")
        distribution = f"{builder.artifact_project_id}.dist-info"
        levels = levels_from(self.config.get("levels", [0]))
        for number, made in enumerate(ship(modules, distribution, levels)):
            if isinstance(made, ShippedFile):
                file = Path(self._scratch.name, str(number))
                file.write_bytes(made.data)
                build_data["force_include"][str(file)] = made.name
            else:
                self.app.display_warning(f"'{made.module}' is not compiled: {made.why}")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_scratch"):
            self._scratch.cleanup()


@hookimpl
def hatch_register_build_hook() -> type[ShippingHook]:
    return ShippingHook
