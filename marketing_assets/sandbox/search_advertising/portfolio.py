"""What each tenant advertises on Google, found by the tenant's key."""

from marketing_assets.sandbox.search_advertising.plan import Portfolio
from marketing_assets.sandbox.search_advertising.portfolio_northwind import NORTHWIND
from marketing_assets.sandbox.search_advertising.portfolio_siam import SIAM

PORTFOLIOS: dict[str, Portfolio] = {portfolio.tenant: portfolio for portfolio in (SIAM, NORTHWIND)}
