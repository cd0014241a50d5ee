"""A filter of system calls, for what no namespace and no limit holds: memory that belongs to no process.

System V segments outlive every process that had them, so that neither the kernel's limits nor the watch sees
them. The keyring is shared with the grader, and the other calls are doors that numbers never need.
"""

import platform
import struct

# The machine's audit name, and its numbers of: shmget, msgget, semget, add_key, request_key, keyctl,
# perf_event_open, bpf, userfaultfd, io_uring_setup.
MACHINES = {
    "x86_64": (0xC000003E, (29, 68, 64, 248, 249, 250, 298, 321, 323, 425)),
    "aarch64": (0xC00000B7, (194, 186, 190, 217, 218, 219, 241, 280, 282, 425)),
}
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
MACHINE_OFFSET, NUMBER_OFFSET = 4, 0
ALLOW, REFUSE = 0x7FFF0000, 0x00050001  # refused calls fail with EPERM
# Numbers from here on are x86_64's other calling convention, a way around the list.
X32 = 0x40000000


def program() -> bytes:
    """The filter as the kernel takes it; empty for a machine that is not in the table."""
    if platform.machine() not in MACHINES:
        return b""
    machine, refused = MACHINES[platform.machine()]
    refuse = len(refused) + 5
    steps = [
        (LOAD, 0, 0, MACHINE_OFFSET),
        (EQUAL, 0, refuse - 2, machine),
        (LOAD, 0, 0, NUMBER_OFFSET),
        (AT_LEAST, refuse - 4, 0, X32),
        *((EQUAL, refuse - place, 0, number) for place, number in enumerate(refused, start=5)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
