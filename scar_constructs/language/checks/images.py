"""Checks of images that are not simply named: saved to a file, or in a private registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.keys.ecr import ECR_IMAGE
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.parse.outside_files import is_allowed
from scar_constructs.language.paths import fault_of_file
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Scalar
from scar_constructs.model import ScriptCredentials


def check_scratch(parsed: ParsedFunction) -> Iterator[Problem]:
    """`scratch` is a word of Dockerfiles, and no image.

    https://docs.docker.com/build/building/base-images/
    """
    for place in ("lambda.container.image", "lambda.image"):
        node = parsed.section.find(place)
        if isinstance(node, Scalar) and node.text.partition(":")[0] == "scratch":
            message = "must be an image: `scratch` stands for an empty one, which no registry has"
            yield fault("image-name", node, message, "name an image, such as debian:stable-slim")
            return


def check_image_file(parsed: ParsedFunction) -> Iterator[Problem]:
    """A saved image is there, is one, is for the function's processor, and is built upon."""
    node = parsed.section.find("lambda.container.image_file")
    path = parsed.function.image_file
    if not isinstance(node, Scalar) or path is None:
        return
    if not is_allowed(path, node, parsed.section.report):
        return
    if (message := fault_of_file(path)) is not None:
        yield fault("file-not-found", node, message, "correct the path")
        return
    if not parsed.function.is_derived:
        key = "create_image" if parsed.function.build else "build"
        message = "cannot be used as it is: Lambda and jobs take images from registries"
        yield fault("image-file", node, message, f"remove `{key}`, so that one is made of it")
    # Imported when asked for: few functions have such a file, and every check would wait for it.
    from scar_constructs.language.archive import ImageFileError
    from scar_constructs.language.saved_image import find_image

    try:
        find_image(path, parsed.function.architecture)
    except ImageFileError as error:
        yield fault("image-file", node, str(error), error.fix)


def check_repository_credentials(parsed: ParsedFunction) -> Iterator[Problem]:
    """A secret for a registry is of use where AWS itself pulls from one that is not ECR."""
    node = parsed.section.find("lambda.container.repository_credentials")
    if node is None:
        return
    if parsed.function.is_derived:
        message = "has no effect: the machine that deploys pulls the image, to build on it"
        fix = "remove it and run `docker login` there, or write `create_image: false`"
    elif parsed.function.execution_mode.runs_on_lambda:
        message = "has no effect on Lambda, which takes images from ECR only"
        fix = "remove it, or write `execution_mode: batch`"
    elif ECR_IMAGE.fullmatch(parsed.function.image):
        message = "has no effect on ECR, where roles say who may pull"
        fix = "remove it"
    else:
        return
    yield problem("credentials-without-use", node.path, node.position, message, "", fix)


def check_script_credentials(parsed: ParsedFunction) -> Iterator[Problem]:
    """Only where the runtime starts the script can it keep the role's credentials from it."""
    node = parsed.section.find("lambda.container.credentials")
    function = parsed.function
    if node is None or function.credentials is not ScriptCredentials.NONE:
        return
    if not function.is_derived:
        key = "build" if not function.build else "create_image"
        message = "cannot be kept: AWS gives the role to every container of an image as it is"
        yield fault("credentials-stay", node, message, f"remove it, or remove `{key}: false`")


IMAGE_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_scratch,
    check_image_file,
    check_repository_credentials,
    check_script_credentials,
)
