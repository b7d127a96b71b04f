"""ECR: what it answers about images that are not there."""

from __future__ import annotations

from typing import Any

from scar_constructs.emulator.services.names import Modules, Record


class Registry:
    """The emulated ECR."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def refuse_absent_images(self) -> None:
        """Answer DescribeImages of an absent tag as ECR does. The emulator lists nothing, which
        the CDK CLI takes for an image that is there."""
        registry, answers = self._modules.ecr, self._modules.responses
        original = registry._describe_images

        def describe_images(request: Record) -> Any:
            name = request.get("repositoryName", "")
            for wanted in request.get("imageIds") or ():
                if name in registry._repositories and not registry._find_image(name, wanted):
                    text = f"The image with imageId {wanted} does not exist within the repository"
                    return answers.error_response_json("ImageNotFoundException", text, 400)
            return original(request)

        registry._describe_images = describe_images
