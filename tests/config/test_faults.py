from edgenode.config.faults import Fault, is_secret, near, show, spell


def test_a_fault_reads_key_value_and_what_is_wrong() -> None:
    assert str(Fault(("a", "b"), "is wrong", "3")) == "a.b = 3: is wrong"
    assert str(Fault(("a", "b"), "missing")) == "a.b: missing"


def test_the_nearest_name_is_told_if_there_is_one() -> None:
    assert near("thresold", ["threshold", "labels"]) == "; did you mean 'threshold'?"
    assert near("x", ["threshold"]) == ""


def test_a_key_for_a_secret_is_known_and_one_for_its_file_is_none() -> None:
    assert is_secret("token")
    assert is_secret("Mqtt-Password")
    assert not is_secret("password_file")
    assert not is_secret("tokens")


def test_a_value_is_shown_short_and_without_secrets() -> None:
    assert show(("mqtt", "passwort"), "geheim") == "(hidden)"
    assert show(("a",), "https://me:geheim@host/x") == "'https://(hidden)@host/x'"
    assert show(("a",), [{"token": "geheim"}]) == "an array"
    assert show(("password_file",), "/a") == "'/a'"
    assert len(show(("a",), "x" * 200)) == 80


def test_a_path_is_spelt_as_people_write_it() -> None:
    assert spell(("plugins", "a", "filters", 0, "use")) == "plugins.a.filters[0].use"
