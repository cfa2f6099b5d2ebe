#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Config, and the words that describe one."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import Case, main, sb


class Described(Case):
    def test_setter_that_fails_says_why(self):
        config = sb.Config()
        with self.assertRaises(ValueError) as caught:
            config.set_cwd("relative")
        self.assertIn("relative", str(caught.exception))
        self.assertEqual(caught.exception.errno, 22)

    def test_arguments_that_do_not_fit(self):
        config = sb.Config()
        with self.assertRaises(ValueError):
            config.set_umask(2**40)
        with self.assertRaises(ValueError):
            config.add_bind("/a\0b", "/c")
        with self.assertRaises(TypeError):
            config.set_umask("022")
        with self.assertRaises(TypeError):
            config.set_env("A=b")
        config.set_command("/bin/true")
        config.check()  # none of these came as far as the library

    def test_copy_is_independent(self):
        one = sb.Config()
        one.set_hostname("one")
        two = one.copy()
        two.set_hostname("two")
        self.assertIn("one", one.dump())
        self.assertIn("two", two.dump())

    def test_closed_config_is_dead(self):
        config = sb.Config()
        config.close()
        config.close()
        with self.assertRaisesRegex(sb.DeadHandle, "closed"):
            config.check()

    def test_filter_is_told(self):
        config = sb.Config()
        config.set_seccomp("judge")
        self.assertEqual(config.seccomp_test("read"), (sb.SeccompAction.ALLOW, 0))
        self.assertEqual(config.seccomp_test("mount")[0], sb.SeccompAction.ERRNO)

    def test_network_words(self):
        for words, step in (("veth:br0", "br0"), ("host", ""), (sb.Network(allow=["tcp 10.0.0.1 80"]), "10.0.0.1")):
            with self.subTest(words=words):
                config = sb.Config()
                sb.network.as_network(words).apply(config)
                try:
                    self.assertIn(step, config.dump())
                except PermissionError as error:  # an ordinary user's interfaces
                    self.assertTrue(error.message)
        with self.assertRaisesRegex(ValueError, "slirp4netns"):
            sb.network.as_network("wifi").apply(sb.Config())

    def test_words_of_a_mount(self):
        self.assertEqual(sb.mounts.as_mount("/a:/b:ro"), sb.Bind("/a", "/b", ro=True))
        for words in ("/a", "/a:/b:rx", "a:b:c:d"):
            with self.assertRaises(ValueError):
                sb.mounts.as_mount(words)


if __name__ == "__main__":
    main()
