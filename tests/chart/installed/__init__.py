"""The chart in a cluster: installed, upgraded and uninstalled by Helm, on a control plane that runs no Pods."""
