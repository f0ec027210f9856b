{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_order_lines'}}}) }}

-- A unit cost is found by the SKU that the mapping gives a line: one of another name is misspelt, or prices
-- nothing.
select
    cogs.day,
    cogs.sku_master,
    cogs.unit_cost
from {{ ref('cogs') }} as cogs
left join {{ ref('sku_mapping') }} as mapping
    on cogs.sku_master = mapping.sku_master
left join {{ ref('int_order_lines') }} as order_lines
    on
        cogs.day = order_lines.day
        and cogs.sku_master = order_lines.sku_master
        and {{ tenant_days('order_lines') }}
where {{ tenant_days('cogs') }} and mapping.sku_master is null and order_lines.sku_master is null
