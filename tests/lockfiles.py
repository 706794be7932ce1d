"""Lock files of any size, written for tests and benchmarks."""

from __future__ import annotations

import json

A512 = "sha512-" + "A" * 86 + "=="
NPM = "https://packages.example"


def many(count: int) -> dict[str, bytes]:
    """Lock files of so many packages, by their names; there is nothing wrong with them."""
    numbers = range(count)
    packages = {
        f"node_modules/p{n}": {
            "version": f"1.0.{n}",
            "resolved": f"{NPM}/p{n}/-/p{n}-1.0.{n}.tgz",
            "integrity": A512,
        }
        for n in numbers
    }
    document = {"name": "shop", "lockfileVersion": 3, "packages": packages}
    yarn = [
        f'p{n}@^1.0.0:\n  version "1.0.{n}"\n  resolved "{NPM}/p{n}.tgz"\n  integrity {A512}\n'
        for n in numbers
    ]
    pnpm = [f"  p{n}@1.0.{n}:\n    resolution: {{integrity: {A512}}}\n" for n in numbers]
    pip = [f"p{n}==1.0.{n} \\\n    --hash=sha256:{'a' * 64}\n" for n in numbers]
    texts = {
        "package-lock.json": json.dumps(document, indent=2),
        "yarn.lock": "# yarn lockfile v1\n\n\n" + "\n".join(yarn),
        "pnpm-lock.yaml": "lockfileVersion: '9.0'\n\npackages:\n\n" + "\n".join(pnpm),
        "requirements.txt": "".join(pip),
    }
    return {name: text.encode() for name, text in texts.items()}
