def test_it_heats(lunatik):
    (lunatik / "thermo" / "heater").write_text("45")
    assert (lunatik / "thermo" / "temp").read_text() == "30\n"
