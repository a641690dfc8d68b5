"""Which tenant a connection is pinned to, and what shows another one."""

import pytest

from runai_operator.fleet.tenancy import Tenancy
from runai_operator.runai.errors import OtherTenant
from runai_operator.runai.models import Workload


def a_row(tenant: str) -> Workload:
    return Workload.model_validate({"id": "w-1", "tenantId": tenant})


class Heard(list[str]):
    def changed(self) -> None:
        self.append("changed")


def test_the_first_tenant_is_pinned_and_nothing_may_be_written_before_that_is_recorded() -> None:
    heard = Heard()
    tenancy = Tenancy(None, heard.changed)
    assert tenancy.settled
    tenancy.approve("1001")
    assert (tenancy.tenant, tenancy.settled, heard) == ("1001", False, ["changed"])
    tenancy.recorded = "1001"
    assert tenancy.settled


def test_rows_pin_where_credentials_show_no_tenant() -> None:
    tenancy = Tenancy(None, Heard().changed)
    tenancy.approve(None)
    tenancy.check([a_row(""), a_row("1001")])
    assert tenancy.tenant == "1001"


@pytest.mark.parametrize("seen", ["2002", None])
def test_credentials_of_another_tenant_or_of_none_are_refused_until_those_of_the_pinned_one_come(
    seen: str | None,
) -> None:
    heard = Heard()
    tenancy = Tenancy("1001", heard.changed)
    with pytest.raises(OtherTenant) as caught:
        tenancy.approve(seen)
    assert "1001" in caught.value.message
    assert (tenancy.foreign, heard) == (caught.value, ["changed"])
    tenancy.approve("1001")
    assert tenancy.foreign is None


def test_another_tenant_is_told_once_for_whoever_is_told_asks_again() -> None:
    heard = Heard()
    tenancy = Tenancy("1001", heard.changed)
    for seen in ("2002", "2002", None, None):
        with pytest.raises(OtherTenant):
            tenancy.approve(seen)
    assert heard == ["changed", "changed"]


def test_a_row_of_another_tenant_is_refused_and_one_without_is_not() -> None:
    tenancy = Tenancy("1001", Heard().changed)
    tenancy.check([a_row("1001"), a_row("")])
    with pytest.raises(OtherTenant, match="2002"):
        tenancy.check([a_row("1001"), a_row("2002")])
    assert tenancy.tenant == "1001"
