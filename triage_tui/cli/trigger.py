"""`triage-tui trigger`: the Lambda function that watches when nobody does, as a package and as a
template to deploy it by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse

    from triage_tui.config import Settings
    from triage_tui.respond.settings import BlocklistSettings

SUMMARY = "the Lambda function that watches when nobody does: its package, its SAM template"
PACKAGE = "triage-tui-trigger.zip"


def options(parser: argparse.ArgumentParser) -> None:
    """What `trigger` takes."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    package = commands.add_parser(
        "package", help=f"builds the zip ({PACKAGE}), with rules and settings of the config"
    )
    package.add_argument(
        "--output", metavar="FILE", default=PACKAGE, help=f"the zip; {PACKAGE} unless given"
    )
    package.add_argument(
        "--site",
        metavar="FOLDER",
        help="where msgspec was installed for Lambda, if what is installed here is for another "
        "platform",
    )
    _blocklist(package)
    shared.rules(package)
    package.add_argument("--quiet", action="store_true", help="say nothing but what is wrong")
    shared.config(package)
    template = commands.add_parser("template", help="prints the SAM template")
    template.add_argument(
        "--code",
        metavar="PLACE",
        required=True,
        help="the package: a file beside the template, or s3://BUCKET/KEY",
    )
    template.add_argument(
        "--log-group",
        metavar="NAME",
        dest="groups",
        action="append",
        help="a log group whose events call the function; repeatable. Those that the config names "
        "in full unless given",
    )
    template.add_argument(
        "--bucket",
        metavar="NAME",
        dest="buckets",
        action="append",
        default=[],
        help="a bucket of logs (CloudTrail's) that sends its events to EventBridge; repeatable",
    )
    template.add_argument(
        "--trusted-list",
        metavar="PLACE",
        dest="lists",
        action="append",
        default=[],
        help="where in S3 a trusted list of GuardDuty lies, as GuardDuty has it (s3://BUCKET/KEY), "
        "so that the function may read it before it blocks; repeatable",
    )
    _blocklist(template)
    shared.config(template)


def _blocklist(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--blocklist",
        metavar="NAME",
        help="the blocklist of the config that it may block in; the first one unless given",
    )


def run(arguments: argparse.Namespace) -> int:
    """Builds or prints what was asked for."""
    settings = shared.settings(arguments)
    names = [each.name for each in settings.blocklist]
    if arguments.blocklist is not None and arguments.blocklist not in names:
        known = f"known are {', '.join(names)}" if names else "the config has none"
        console.say(f"there is no blocklist {arguments.blocklist!r}; {known}")
        return console.TROUBLE
    if arguments.what == "package":
        return _package(arguments, settings)
    return _template(arguments, settings)


def chosen(settings: Settings, name: str | None) -> BlocklistSettings | None:
    """The blocklist that is meant; None where the config has none."""
    found = [each for each in settings.blocklist if name in (None, each.name)]
    return found[0] if found else None


def _package(arguments: argparse.Namespace, settings: Settings) -> int:
    from pathlib import Path

    from .ruling import rules
    from .trigger_package import PackageError, build, bundle

    found = rules(settings)
    for refused in found.refused:
        console.say(f"{refused.place}: {refused.reason}")
    if found.refused:
        console.say("no package was built: a rule that is refused here would be missing there")
        return console.TROUBLE
    try:
        made = bundle(settings, found, chosen(settings, arguments.blocklist))
        package = build(made, Path(arguments.site) if arguments.site else None)
        Path(arguments.output).write_bytes(package.data)
    except PackageError as error:
        console.say(str(error))
        return console.TROUBLE
    except OSError as error:
        console.say(f"{arguments.output}: cannot be written: {error.strerror or error}")
        return console.TROUBLE
    if not arguments.quiet:
        for remark in package.remarks:
            console.say(remark)
        console.say(
            f"wrote {arguments.output}: {len(package.data):,} bytes, {len(found.rules)} rules, "
            f"for {package.target.runtime} on {package.target.architecture}"
        )
    return console.OK


def _template(arguments: argparse.Namespace, settings: Settings) -> int:
    from .sam.template import template
    from .sam.words import TemplateError, Wanted
    from .sam.yaml import yaml
    from .trigger_package import PackageError, here

    groups = arguments.groups
    if groups is None:
        groups = [name for name in settings.logs.groups if not set("*?[") & set(name)]
        left = len(settings.logs.groups) - len(groups)
        if left:
            console.say(
                f"{left} globs of logs.groups are not in the template: a subscription is for one "
                "log group; name each with --log-group"
            )
    blocklist = chosen(settings, arguments.blocklist)
    try:
        wanted = Wanted(
            arguments.code,
            here(),
            groups,
            arguments.buckets,
            blocklist,
            settings.guardduty.enabled,
            arguments.lists,
        )
        console.write(yaml(template(wanted)))
    except (TemplateError, PackageError) as error:
        console.say(str(error))
        return console.TROUBLE
    return console.OK
