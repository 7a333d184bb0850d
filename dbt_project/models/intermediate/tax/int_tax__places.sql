-- The kind of tax of a place, where it is not VAT, and of each region where tax is regional, however the region is
-- written.
select country, '' as region_key, country as jurisdiction, kind
from {{ ref("tax_places") }}
where region is null
union all
select country, region, country || '-' || region, kind
from {{ ref("tax_places") }}
where region is not null
union all
select country, country || '-' || region, country || '-' || region, kind
from {{ ref("tax_places") }}
where region is not null
union all
select country, upper(region_name), country || '-' || region, kind
from {{ ref("tax_places") }}
where region is not null
