# SPDX-License-Identifier: MIT
"""The public structs, by their names in C. Made by make_api.py from the C headers."""
from ctypes import Structure, c_char, c_char_p, c_int32, c_uint32, c_uint64

from ._types import Sized

# pylint: disable=invalid-name


class sb_config(Structure):
    """A handle; what is in it is the library's."""


class sb_box(Structure):
    """A handle; what is in it is the library's."""


class sb_proc(Structure):
    """A handle; what is in it is the library's."""


class sb_trace(Structure):
    """A handle; what is in it is the library's."""


class sb_group(Structure):
    """A handle; what is in it is the library's."""


class sb_pool(Structure):
    """A handle; what is in it is the library's."""


class sb_netpool(Structure):
    """A handle; what is in it is the library's."""


class sb_error(Sized):
    """Details of a failure, in memory the caller owns."""

    _fields_ = [
        ("size", c_uint32),
        ("code", c_int32),
        ("step", c_uint32),
        ("index", c_uint32),
        ("message", c_char * 256),
        ("hint", c_char * 256),
    ]


class sb_result(Sized):
    """How a command ended, in memory the caller owns."""

    _fields_ = [
        ("size", c_uint32),
        ("has", c_uint32),
        ("verdict", c_int32),
        ("code", c_int32),
        ("core_dumped", c_uint32),
        ("skipped", c_uint32),
        ("applied", c_uint64),
        ("wall_ns", c_uint64),
        ("user_ns", c_uint64),
        ("system_ns", c_uint64),
        ("max_rss", c_uint64),
        ("setup_ns", c_uint64),
        ("memory_peak", c_uint64),
        ("oom_kills", c_uint64),
        ("caps", c_uint64),
        ("landlock_abi", c_uint32),
        ("filter_length", c_uint32),
        ("denied", c_uint32),
        ("signaled", c_uint32),
        ("minor_faults", c_uint64),
        ("major_faults", c_uint64),
        ("voluntary", c_uint64),
        ("involuntary", c_uint64),
        ("pids_peak", c_uint64),
        ("pids_refused", c_uint64),
        ("io_read_bytes", c_uint64),
        ("io_write_bytes", c_uint64),
        ("memory_anon", c_uint64),
        ("memory_file", c_uint64),
        ("output_bytes", c_uint64),
        ("exceeded", c_uint32),
        ("soft", c_uint32),
        ("approximate", c_uint32),
        ("reserved2", c_uint32),
    ]


class sb_stream(Sized):
    """One stream that the library carries."""

    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("bytes", c_uint64),
        ("kept", c_uint64),
        ("error", c_int32),
        ("reserved", c_uint32),
    ]


class sb_stats(Sized):
    """What all processes of one command used together, in memory the caller owns."""

    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("has", c_uint64),
        ("cpu_ns", c_uint64),
        ("user_ns", c_uint64),
        ("system_ns", c_uint64),
        ("throttled_ns", c_uint64),
        ("periods", c_uint64),
        ("throttled_periods", c_uint64),
        ("memory", c_uint64),
        ("memory_peak", c_uint64),
        ("memory_anon", c_uint64),
        ("memory_file", c_uint64),
        ("memory_kernel", c_uint64),
        ("memory_high", c_uint64),
        ("memory_max", c_uint64),
        ("memory_oom", c_uint64),
        ("oom_kills", c_uint64),
        ("swap", c_uint64),
        ("swap_peak", c_uint64),
        ("pids", c_uint64),
        ("pids_peak", c_uint64),
        ("pids_refused", c_uint64),
        ("io_read_bytes", c_uint64),
        ("io_write_bytes", c_uint64),
        ("io_reads", c_uint64),
        ("io_writes", c_uint64),
        ("cpu_some_ns", c_uint64),
        ("cpu_full_ns", c_uint64),
        ("memory_some_ns", c_uint64),
        ("memory_full_ns", c_uint64),
        ("io_some_ns", c_uint64),
        ("io_full_ns", c_uint64),
    ]


class sb_io_stats(Sized):
    """One device's share of the traffic."""

    _fields_ = [
        ("size", c_uint32),
        ("major_number", c_uint32),
        ("minor_number", c_uint32),
        ("reserved", c_uint32),
        ("read_bytes", c_uint64),
        ("write_bytes", c_uint64),
        ("discard_bytes", c_uint64),
        ("reads", c_uint64),
        ("writes", c_uint64),
        ("discards", c_uint64),
    ]


class sb_box_info(Sized):
    """How a box stands, in memory the caller owns."""

    _fields_ = [
        ("size", c_uint32),
        ("frozen", c_uint32),
        ("has", c_uint64),
        ("opened_ns", c_uint64),
        ("started", c_uint64),
        ("running", c_uint64),
        ("ended", c_uint64),
        ("resets", c_uint64),
        ("init_memory", c_uint64),
    ]


class sb_dirent(Sized):
    """One entry of sb_dirent."""

    _fields_ = [
        ("size", c_uint32),
        ("mode", c_uint32),
        ("bytes", c_uint64),
        ("mtime_ns", c_uint64),
        ("name", c_char * 256),
    ]


class sb_group_result(Sized):
    """How all of it ended."""

    _fields_ = [
        ("size", c_uint32),
        ("verdict", c_int32),
        ("member", c_int32),
        ("first", c_int32),
        ("wall_ns", c_uint64),
        ("cpu_ns", c_uint64),
        ("approximate", c_uint32),
        ("reserved", c_uint32),
    ]


class sb_member(Sized):
    """One of them. Its own result and output: sb_group_proc()."""

    _fields_ = [
        ("size", c_uint32),
        ("order", c_uint32),
        ("waits", c_int32),
        ("waits_for", c_int32),
        ("bytes_in", c_uint64),
        ("bytes_out", c_uint64),
    ]


class sb_pool_info(Sized):
    """Figures of a pool. ready, lent, used and missing add up to its size."""

    _fields_ = [
        ("size", c_uint32),
        ("ready", c_uint32),
        ("lent", c_uint32),
        ("used", c_uint32),
        ("missing", c_uint32),
        ("waiting", c_uint32),
        ("made", c_uint64),
        ("handed_out", c_uint64),
        ("resets", c_uint64),
        ("discarded", c_uint64),
        ("failed", c_uint64),
    ]


class sb_named(Sized):
    """A registered sandbox, in memory the caller owns."""

    _fields_ = [
        ("size", c_uint32),
        ("uid", c_uint32),
        ("pid", c_int32),
        ("reserved", c_uint32),
        ("started_ns", c_uint64),
        ("name", c_char * 72),
    ]


class sb_net_link(Sized):
    """One interface of the sandbox; every text is copied, NULL is the default."""

    _fields_ = [
        ("size", c_uint32),
        ("mtu", c_uint32),
        ("flags", c_uint64),
        ("name", c_char_p),
        ("device", c_char_p),
        ("mode", c_char_p),
        ("host_name", c_char_p),
        ("mac", c_char_p),
        ("address", c_char_p),
        ("address6", c_char_p),
        ("gateway", c_char_p),
        ("gateway6", c_char_p),
        ("bridge_address", c_char_p),
        ("bridge_address6", c_char_p),
        ("rate", c_uint64),
        ("delay_ns", c_uint64),
    ]


class sb_netpool_info(Sized):
    """Figures of a pool."""

    _fields_ = [
        ("size", c_uint32),
        ("ready", c_uint32),
        ("lent", c_uint32),
        ("resting", c_uint32),
        ("made", c_uint64),
        ("handed_out", c_uint64),
        ("discarded", c_uint64),
    ]


class sb_net_info(Sized):
    """What one interface has become, in memory the caller owns. Empty texts: there is none."""

    _fields_ = [
        ("size", c_uint32),
        ("mtu", c_uint32),
        ("name", c_char * 16),
        ("host_name", c_char * 16),
        ("device", c_char * 16),
        ("mac", c_char * 18),
        ("kind", c_char * 14),
        ("address", c_char * 19),
        ("address6", c_char * 44),
        ("gateway", c_char * 16),
        ("gateway6", c_char * 41),
        ("rx_bytes", c_uint64),
        ("tx_bytes", c_uint64),
        ("rx_packets", c_uint64),
        ("tx_packets", c_uint64),
        ("rx_dropped", c_uint64),
        ("tx_dropped", c_uint64),
    ]


class sb_net_bridge(Sized):
    """One of them, in the network namespace of the caller, in memory the caller owns."""

    _fields_ = [
        ("size", c_uint32),
        ("sandboxes", c_uint32),
        ("maker_lives", c_uint32),
        ("mtu", c_uint32),
        ("name", c_char * 16),
        ("address", c_char * 19),
        ("address6", c_char * 44),
    ]


class sb_denied(Sized):
    """A system call that was killed for, or logged, by the filter."""

    _fields_ = [
        ("size", c_uint32),
        ("action", c_uint32),
        ("number", c_uint32),
        ("reserved", c_uint32),
        ("count", c_uint64),
        ("args", c_uint64 * 6),
        ("name", c_char * 32),
    ]


class sb_notification(Sized):
    """A system call that waits for an answer."""

    _fields_ = [
        ("size", c_uint32),
        ("pid", c_int32),
        ("id", c_uint64),
        ("number", c_uint32),
        ("arch", c_uint32),
        ("address", c_uint64),
        ("args", c_uint64 * 6),
        ("name", c_char * 32),
    ]


class sb_trace_event(Sized):
    """One step of one creation."""

    _fields_ = [
        ("size", c_uint32),
        ("spawn", c_uint32),
        ("lane", c_uint32),
        ("step", c_uint32),
        ("index", c_uint32),
        ("error", c_int32),
        ("skipped", c_uint32),
        ("reserved", c_uint32),
        ("start_ns", c_uint64),
        ("duration_ns", c_uint64),
        ("object", c_char * 160),
    ]
