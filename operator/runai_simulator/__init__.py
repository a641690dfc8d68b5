"""The Run:ai control plane of the published contract, in memory, with faults on demand.

Imports nothing of the operator, nor the operator of it; the command line alone starts both.
"""

from runai_simulator.app import create_app
from runai_simulator.client import ControlClient
from runai_simulator.clock import Clock
from runai_simulator.serve import RunningSimulator, serve
from runai_simulator.settings import Settings, Switches, Times

__all__ = ["Clock", "ControlClient", "RunningSimulator", "Settings", "Switches", "Times", "create_app", "serve"]
