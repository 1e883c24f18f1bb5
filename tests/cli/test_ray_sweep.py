"""A campaign on a Ray cluster of two nodes, one of which is killed."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from campaign_files import write_campaign

from istdbench.campaigns.campaign import load_campaign
from istdbench.campaigns.claims import Claim
from istdbench.campaigns.queue import standings
from istdbench.campaigns.ray_cluster import ray_sweep
from istdbench.runs.run import Settings
from istdbench.training.logs import training_folder

pytest.importorskip("ray", reason="Ray is not installed: pip install 'istdbench[ray]'")


LOOPBACK = "127.0.0.2"  # not 127.0.0.1, which Ray replaces by the machine's address in the network
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "node_ip_address": LOOPBACK}


@pytest.fixture
def cluster(monkeypatch):
    """A head node of one processor, where the sweep is called; its files are in /tmp, as sockets need short paths."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_worker_niceness", "0")  # by default 15, which hardly runs on a busy machine
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        nodes = Cluster(True, head_node_args=NODE | {"include_dashboard": False})
        yield nodes
        nodes.shutdown()


def processes_of(node):
    """The node's raylet, and its workers."""
    [raylet] = node.all_processes["raylet"]
    parent = psutil.Process(raylet.process.pid)
    return [parent, *parent.children(recursive=True)]


def started_on(node, jobs, out):
    """The run that the node works on, once it trains; None before."""
    workers = {process.pid for process in processes_of(node)}
    for job in jobs:
        starts = Claim(out, job).history().starts
        if starts and starts[-1].pid in workers and (training_folder(job) / "training.holder").exists():
            return job
    return None


def test_a_node_killed_in_the_middle_loses_no_run_and_only_its_own_run_is_started_again(cluster, spots):
    campaign = load_campaign(write_campaign(spots, ["baseline"], seeds=[0, 1, 2], epochs=20))
    jobs, settings = campaign.jobs(), Settings(out=campaign.out, train=True)
    second = cluster.add_node(**NODE)
    with ThreadPoolExecutor(1) as thread:
        outcomes = thread.submit(list, ray_sweep(jobs, settings, cluster.address))
        while (lost := started_on(second, jobs, campaign.out)) is None and not outcomes.done():
            time.sleep(0.05)
        for process in processes_of(second):  # as when a machine is lost; Ray alone leaves its workers a moment
            process.kill()
        cluster.remove_node(second, allow_graceful=False)
        assert [(outcome.state, outcome.error) for outcome in outcomes.result()] == [("done", "")] * 3
    after = standings(jobs, settings)
    assert [standing.state for standing in after] == ["done"] * 3
    assert [standing.starts for standing in after] == [2 if job is lost else 1 for job in jobs]
    assert lost is not None and len(list((campaign.out / "records").rglob("*.json"))) == 3
