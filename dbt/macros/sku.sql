{#- A seller's SKU as people compare it: upper case, without blanks around or inside. Null where it is empty. -#}
{% macro normalize_sku(sku) -%}
    nullif(upper(replace(trim({{ sku }}), ' ', '')), '')
{%- endmacro %}
