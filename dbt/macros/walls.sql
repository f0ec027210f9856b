{#- The mapping file holds the SKUs of every tenant; a tenant's warehouse keeps its own shops' alone. -#}
{% macro keep_own_accounts() -%}
    delete from {{ this }}
    where
        not (
            1 = 0
            {%- for account in var('accounts') %}
            or (platform = '{{ account.platform }}' and shop_id = '{{ account.account_id }}')
            {%- endfor %}
        )
        or platform is null
        or shop_id is null
{%- endmacro %}
