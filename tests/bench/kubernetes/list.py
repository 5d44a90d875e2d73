#!/usr/bin/env python3
"""What Kubernetes' own Python client takes for what k7_sandbox_list does: list.py ROUNDS."""
import sys
import time

from kubernetes import client, config

LABEL = "katakate.org/sandbox"
config.load_kube_config()
apps, core = client.AppsV1Api(), client.CoreV1Api()
for _ in range(int(sys.argv[1])):
    begin = time.monotonic()
    deployments = apps.list_deployment_for_all_namespaces(label_selector=LABEL).items
    pods = {(p.metadata.namespace, p.metadata.labels[LABEL]): p for p in core.list_pod_for_all_namespaces(label_selector=LABEL).items}
    found = [(d.metadata.name, pods[d.metadata.namespace, d.metadata.name].status.phase) for d in deployments]
    print(f"{(time.monotonic() - begin) * 1000:.1f} {len(found)}")
