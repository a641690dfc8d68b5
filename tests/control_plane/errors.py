"""What preparing or running the control plane can end in."""


class ControlPlaneError(Exception):
    """It could not be built or started, or a part of it died; the message says where to look."""
