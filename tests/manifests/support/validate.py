"""Validates the manifests from standard input, strictly, for the oldest and the newest version of Kubernetes it knows."""

import sys

import kubernetes_validate
import yaml
from kubernetes_validate.utils import all_versions

versions = all_versions()
documents = [document for document in yaml.safe_load_all(sys.stdin) if document]
for version in (versions[0], versions[-1]):
    for document in documents:
        kubernetes_validate.validate(document, version, strict=True)
    print(f"{len(documents)} manifests are valid for {version}")
