"""Counting failed logins, without a server."""

from __future__ import annotations

from monitor.web.login_limits import MOST_KEYS, LoginLimits


def test_failures_that_lie_far_apart_do_not_add_up():
    limits = LoginLimits(failed_logins=3, lockout_s=100.0)
    for now_s in range(0, 2000, 150):
        assert limits.wait_s("nurse", "a", now_s) == 0.0
        limits.failed("nurse", "a", now_s)


def test_the_wait_is_counted_from_the_last_failure():
    limits = LoginLimits(failed_logins=2, lockout_s=100.0)
    limits.failed("nurse", "a", 0.0)
    limits.failed("nurse", "a", 30.0)
    assert limits.wait_s("NURSE", "b", 50.0) == 80.0
    assert limits.wait_s("nurse", "a", 131.0) == 0.0


def test_a_right_login_in_between_frees_the_name_and_gives_the_address_one_back():
    limits = LoginLimits(failed_logins=1, lockout_s=100.0)
    for number in range(50):
        limits.failed("nurse", "a", float(number))
        limits.succeeded("nurse", "a")
    assert limits.wait_s("nurse", "a", 50.0) == 0.0
    for number in range(4):
        limits.failed(f"name {number}", "a", 51.0)
    limits.failed("nurse", "a", 51.0)
    limits.succeeded("nurse", "a")
    assert limits.wait_s("nurse", "a", 52.0) > 0.0  # one known password does not open the address


def test_made_up_names_do_not_fill_the_memory():
    limits = LoginLimits(failed_logins=1, lockout_s=1e9)
    for number in range(3 * MOST_KEYS):
        limits.failed(f"name {number}", f"address {number}", 0.0)
    assert limits.wait_s("name 0", "x", 1.0) == 0.0
    assert limits.wait_s(f"name {3 * MOST_KEYS - 1}", "x", 1.0) > 0.0
