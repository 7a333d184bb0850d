"""Exports of other tools in the shape in which those tools write them: the exact header in its order, and the traps of
each. The companies in them are invented."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

Cells = list[str]


@dataclass(frozen=True)
class Export:
    """One file. `documents` are the numbers of the rows before which it may be cut in two; None = before any."""

    contract: str
    header: Cells
    rows: list[Cells]
    bom: bool = False
    quoted: bool = False
    trailing_comma: bool = False
    above: Sequence[str] = ()
    below: Sequence[str] = ()
    documents: tuple[int, ...] | None = None
    required: tuple[str, ...] = field(default=())

    def text(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL if self.quoted else csv.QUOTE_MINIMAL)
        for line in self.above:
            out.write(line + "\r\n")
        writer.writerow(self.header)
        for row in self.rows:
            writer.writerow([*row, ""] if self.trailing_comma else row)
        for line in self.below:
            out.write(line + "\r\n")
        return ("\ufeff" if self.bom else "") + out.getvalue()

    def cuts(self) -> list[int]:
        return [n for n in (self.documents or range(1, len(self.rows))) if 0 < n < len(self.rows)]

    def with_rows(self, rows: list[Cells]) -> Export:
        return replace(self, rows=rows)

    def with_columns(self, names: Sequence[str]) -> Export:
        places = [self.header.index(name) for name in names]
        return replace(self, header=list(names), rows=[[row[n] for n in places] for row in self.rows])

    def changed(self, row: int, **cells: str) -> Export:
        """With other cells in one row; the headers are written with `_` for what no name may have."""
        rows = [list(each) for each in self.rows]
        for name, value in cells.items():
            (place,) = (n for n, header in enumerate(self.header) if _plain(header) == name)
            rows[row][place] = value
        return self.with_rows(rows)


def _plain(header: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in header).strip("_")


def table(header: str, *rows: dict[str, str]) -> tuple[Cells, list[Cells]]:
    names = next(csv.reader([header]))
    for row in rows:
        assert row.keys() <= set(names), row.keys() - set(names)
    return names, [[row.get(name, "") for name in names] for row in rows]


CARD = (
    "Card ID,Card Last4,Card Brand,Card Funding,Card Exp Month,Card Exp Year,Card Name,Card Address Line1,"
    "Card Address Line2,Card Address City,Card Address State,Card Address Country,Card Address Zip,Card Issue Country,"
    "Card Fingerprint,Card CVC Status,Card AVS Zip Status,Card AVS Line1 Status,Card Tokenization Method"
)
STRIPE_PAYMENTS = (
    "id,Description,Seller Message,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount,"
    "Converted Amount Refunded,Fee,Tax,Converted Currency,Mode,Status,Statement Descriptor,Customer ID,"
    f"Customer Description,Customer Email,Captured,{CARD},Disputed Amount,Dispute Status,Dispute Reason,"
    "Dispute Date (UTC),Dispute Evidence Due (UTC),Invoice ID,Payment Source Type,Destination,Transfer,"
    "Interchange Costs,Merchant Service Charge,Transfer Group,PaymentIntent ID"
)


def _charge(number: int, created: str, amount: str, status: str = "Paid", **more: str) -> dict[str, str]:
    return {
        "id": f"ch_{number}",
        "Description": f"Subscription, order {number}",
        "Seller Message": "Payment complete.",
        "Created (UTC)": created,
        "Amount": amount,
        "Amount Refunded": "0.00",
        "Currency": "usd",
        "Converted Amount": amount,
        "Converted Amount Refunded": "0.00",
        "Fee": "0.59",
        "Tax": "0.00",
        "Converted Currency": "usd",
        "Mode": "Live",
        "Status": status,
        "Customer ID": f"cus_{number % 3}",
        "Customer Email": f"c{number % 3}@example.com",
        "Captured": "true",
        "Card Last4": "4242",
        "Payment Source Type": "card",
        "PaymentIntent ID": f"pi_{number}",
    } | more


def stripe_payments() -> Export:
    header, rows = table(
        STRIPE_PAYMENTS + ",seats (metadata)",
        _charge(1, "2026-03-31 23:59", "120.00") | {"Invoice ID": "in_1", "seats (metadata)": "4"},
        _charge(2, "2026-04-01 00:01", "1200", "Refunded") | {"Currency": "jpy", "Amount Refunded": "1200"},
        _charge(3, "2026-04-02 10:00", "80.00", "Failed") | {"Captured": "false"},
        _charge(4, "2026-04-03 10:00", "50.00") | {"Customer ID": ""},
        _charge(5, "2026-04-04 10:00", "75.50")
        | {"Disputed Amount": "75.50", "Dispute Status": "lost", "Dispute Date (UTC)": "2026-04-20 08:00"},
        _charge(6, "2026-04-05 10:00", "64.00")
        | {"Disputed Amount": "64.00", "Dispute Status": "won", "Dispute Date (UTC)": "2026-04-21 08:00"},
        _charge(7, "2026-04-06 10:00", "33.00", "Uncaptured") | {"Captured": "false"},
        _charge(8, "2026-04-06 11:00", "999.00") | {"Mode": "Test"},
    )
    return Export("stripe_payments", header, rows, required=("id", "Created (UTC)", "Amount", "Currency", "Status"))


STRIPE_INVOICES = (
    "id,Customer,Customer Name,Subscription,Number,Status,Currency,Amount Due,Amount Paid,Subtotal,Tax,Tax Percent,"
    "Total,Total Discount Amount,Date (UTC),Due Date (UTC),Paid At (UTC),Voided At (UTC),Finalized At (UTC),"
    "Period Start (UTC),Period End (UTC),Description,region (metadata)"
)


def stripe_invoices() -> Export:
    def invoice(number: int, status: str, total: str, tax: str, **more: str) -> dict[str, str]:
        return {
            "id": f"in_{number}",
            "Customer": f"cus_{number % 3}",
            "Customer Name": f"Customer {number % 3}",
            "Subscription": f"sub_{number}",
            "Number": f"A-{number:04}",
            "Status": status,
            "Currency": "usd",
            "Amount Due": total,
            "Subtotal": total,
            "Tax": tax,
            "Total": total,
            "Date (UTC)": f"2026-03-{number:02} 12:30:00",
            "Period Start (UTC)": "2026-02-01 00:00:00",
            "Period End (UTC)": "2026-03-01 00:00:00",
        } | more

    header, rows = table(
        STRIPE_INVOICES,
        invoice(1, "paid", "120.00", "20.00") | {"Due Date (UTC)": "2026-03-31 12:30:00"},
        invoice(2, "open", "60.00", ""),
        invoice(3, "void", "10.00", "0.00") | {"Voided At (UTC)": "2026-03-15 09:00:00"},
        invoice(4, "draft", "5.00", "0.00"),
        invoice(5, "uncollectible", "33.33", "5.33") | {"region (metadata)": "north"},
    )
    return Export("stripe_invoices", header, rows, required=("id", "Customer", "Status", "Total", "Date (UTC)"))


STRIPE_SUBSCRIPTIONS = (
    "id,Customer ID,Customer Name,Customer Email,Status,Amount,Interval,Cancellation Reason,Created (UTC),Start (UTC),"
    "Current Period Start (UTC),Current Period End (UTC),Trial Start (UTC),Trial End (UTC),Canceled At (UTC),"
    "Ended At (UTC),senderId (metadata)"
)


def stripe_subscriptions() -> Export:
    def subscription(number: int, status: str, amount: str, interval: str = "month", **more: str) -> dict[str, str]:
        return {
            "id": f"sub_{number}",
            "Customer ID": f"cus_{number}",
            "Status": status,
            "Amount": amount,
            "Interval": interval,
            "Created (UTC)": f"2025-0{number}-01 10:00",
            "Start (UTC)": f"2025-0{number}-01 10:00",
        } | more

    header, rows = table(
        STRIPE_SUBSCRIPTIONS,
        subscription(1, "active", "49.00"),
        subscription(2, "canceled", "588.00", "year")
        | {
            "Canceled At (UTC)": "2025-05-10 23:30",
            "Ended At (UTC)": "2025-06-01 00:00",
            "Cancellation Reason": "too_expensive",
        },
        subscription(3, "trialing", "20.00") | {"Trial End (UTC)": "2025-03-15 10:00"},
        subscription(4, "incomplete_expired", "20.00"),
        subscription(5, "paused", "30.00") | {"Trial End (UTC)": "2025-05-15 10:00"},
        subscription(6, "active", "99.00") | {"Canceled At (UTC)": "2025-08-02 10:00", "senderId (metadata)": "17"},
    )
    return Export("stripe_subscriptions", header, rows, required=("id", "Customer ID", "Status", "Amount", "Interval"))


def stripe_customers() -> Export:
    header, rows = table(
        "id,Description,Email,Name,Created (UTC),Delinquent,Plan,Status,Total Spend,Payment Count,Refunded Volume,"
        "Dispute Losses,tag (metadata)",
        {"id": "cus_1", "Email": "a@example.com", "Name": "Ada Ltd", "Created (UTC)": "2025-01-31 23:30"},
        {"id": "cus_2", "Email": "b@example.com", "Description": "Bo, by phone", "Created (UTC)": "2025-02-01 08:00"},
        {"id": "cus_3", "Email": "c@example.com", "Created (UTC)": "2025-02-02 08:00", "Delinquent": "false"},
    )
    return Export("stripe_customers", header, rows, required=("id", "Email", "Name", "Created (UTC)", "Delinquent"))


def stripe_balance() -> Export:
    header, rows = table(
        "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,"
        "description,automatic_payout_id,automatic_payout_effective_at"
    )
    day = "2026-01-21 00:00:00"
    rows = [
        ["txn_1", "2026-01-14 23:59:11", day, "eur", "600.00", "8.70", "591.30", "charge", "ch_1", "Order 1", "", ""],
        ["txn_2", "2026-01-15 00:00:02", day, "eur", "400.00", "5.80", "394.20", "charge", "ch_2", "Order 2", "", ""],
        ["txn_3", "2026-01-15 09:12:45", day, "eur", "-20.00", "0.00", "-20.00", "refund", "re_3", "Order 1", "", ""],
        ["txn_4", "2026-01-15 11:00:00", day, "eur", "-50.00", "15.00", "-65.00", "dispute", "dp_4", "", "", ""],
        ["txn_5", "2026-01-16 06:00:00", day, "usd", "-1.00", "0.00", "-1.00", "fee", "", "Radar", "", ""],
        ["txn_6", "2026-01-16 06:00:00", day, "usd", "-1.00", "0.00", "-1.00", "fee", "", "Radar", "", ""],
        ["txn_7", "2026-01-18 00:00:00", day, "eur", "-900.50", "0.00", "-900.50", "payout", "po_1", "", "po_1", day],
    ]
    return Export("stripe_balance", header, rows, required=("balance_transaction_id", "created_utc", "gross", "net"))


XERO_ADDRESS = "AddressLine1,{0}AddressLine2,{0}AddressLine3,{0}AddressLine4,{0}City,{0}Region,{0}PostalCode,{0}Country"
XERO_TAIL = (
    "InvoiceNumber,Reference,InvoiceDate,DueDate,PlannedDate,Total,TaxTotal,InvoiceAmountPaid,InvoiceAmountDue,"
    "InventoryItemCode,Description,Quantity,UnitAmount,Discount,LineAmount,AccountCode,TaxType,TaxAmount,TrackingName1,"
    "TrackingOption1,TrackingName2,TrackingOption2,Currency,Type,Sent,Status"
)
XERO_OLD = f"ContactName,EmailAddress,PO{XERO_ADDRESS.format('PO')},{XERO_TAIL}"
XERO = f"ContactName,EmailAddress,PO{XERO_ADDRESS.format('PO')},SA{XERO_ADDRESS.format('SA')},{XERO_TAIL}"

XeroLine = tuple[str, str, str]


def xero_document(
    number: str, contact: str, issued: str, due: str, lines: Sequence[XeroLine], total: str, tax: str, **more: str
) -> list[dict[str, str]]:
    """The rows of one document: `lines` are description, LineAmount and TaxAmount."""
    head = {
        "ContactName": contact,
        "EmailAddress": f"{contact.split(maxsplit=1)[0].lower()}@example.com",
        "POCity": "Nelson",
        "POCountry": "NZ",
        "InvoiceNumber": number,
        "InvoiceDate": issued,
        "DueDate": due,
        "Total": f"{total}00",
        "TaxTotal": f"{tax}00",
        "InvoiceAmountPaid": "0.0000",
        "InvoiceAmountDue": f"{total}00",
        "Currency": "NZD",
        "Type": "Sales invoice",
        "Sent": "Sent",
        "Status": "Awaiting Payment",
    } | more
    return [
        head
        | {
            "Description": description,
            "Quantity": "1.0000",
            "UnitAmount": f"{amount}00",
            "LineAmount": f"{amount}00",
            "AccountCode": "200",
            "TaxType": "15% GST on Income",
            "TaxAmount": f"{line_tax}00",
        }
        for description, amount, line_tax in lines
    ]


def xero_rows() -> list[dict[str, str]]:
    """Exclusive of tax, inclusive, without tax and with twin lines, paid, void, draft, a credit note, two bills."""
    plain = xero_document("INV-4", "Bo Ltd", "14/01/2026", "14/02/2026", [("Void", "7.00", "0.00")], "7.00", "0.00")
    draft = xero_document("INV-5", "Bo Ltd", "15/01/2026", "", [("Draft", "9.00", "0.00")], "9.00", "0.00")
    note = xero_document("CN-1", "Ada Ltd", "20/01/2026", "", [("Back", "20.00", "3.00")], "23.00", "3.00")
    bill = [("Rent", "500.00", "75.00"), ("Power", "40.00", "6.00")]
    bills = xero_document("771", "Landlord", "05/01/2026", "25/01/2026", bill, "621.00", "81.00")
    gone = xero_document("772", "Landlord", "06/01/2026", "26/01/2026", [("Twice", "8.00", "0.00")], "8.00", "0.00")
    return [
        *xero_document(
            "INV-1",
            "Ada Ltd",
            "13/01/2026",
            "13/02/2026",
            [("Licence", "100.00", "15.00"), ("Set-up, once", "50.00", "7.50"), ('The "big" one', "10.00", "1.50")],
            "184.00",
            "24.00",
        ),
        *xero_document(
            "INV-2",
            "Bo Ltd",
            "13/01/2026",
            "20/01/2026",
            [("Hours", "115.00", "15.00"), ("Travel", "23.00", "3.00")],
            "138.00",
            "18.00",
        ),
        *xero_document(
            "INV-3",
            "Ada Ltd",
            "14/01/2026",
            "14/02/2026",
            [("Seat", "12.50", "0.00"), ("Seat", "12.50", "0.00"), ("Book", "5.00", "0.00")],
            "30.00",
            "0.00",
        ),
        *(row | {"Status": "Voided"} for row in plain),
        *(row | {"Status": "Draft", "Sent": ""} for row in draft),
        *(row | {"Type": "Sales credit note", "Status": "Paid"} for row in note),
        *(row | {"Type": "Bill", "Sent": ""} for row in bills),
        *(row | {"Type": "Bill", "Sent": "", "Status": "Voided"} for row in gone),
    ]


def xero(rows: list[dict[str, str]] | None = None, form: str = XERO) -> Export:
    header, cells = table(form, *(rows or xero_rows()))
    return Export(
        "xero_invoices", header, cells, required=("ContactName", "InvoiceNumber", "Total", "LineAmount", "Type")
    )


def xero_old() -> Export:
    return xero(form=XERO_OLD)


def xero_import() -> Export:
    header, rows = table(
        "*ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,POCity,PORegion,"
        "POPostalCode,POCountry,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,InventoryItemCode,*Description,*Quantity,"
        "*UnitAmount,Discount,*AccountCode,*TaxType,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,"
        "BrandingTheme"
    )

    def line(number: str, contact: str, quantity: str, unit: str, discount: str = "") -> Cells:
        cells = {
            "*ContactName": contact,
            "*InvoiceNumber": number,
            "*InvoiceDate": "31/10/2025",
            "*DueDate": "07/11/2025",
            "*Description": f"Work for {contact}",
            "*Quantity": quantity,
            "*UnitAmount": unit,
            "Discount": discount,
            "*AccountCode": "200",
            "*TaxType": "GST on Income",
            "Currency": "AUD",
        }
        return [cells.get(name, "") for name in header]

    rows = [
        line("T-1", "Ada Ltd", "3", "19.99"),
        line("T-1", "Ada Ltd", "1", "100", "12.5"),
        line("T-2", "Bo Ltd", "0.5", "9"),
    ]
    return Export("xero_invoice_import", header, rows, required=("*ContactName", "*InvoiceNumber", "*UnitAmount"))


def quickbooks_receivables() -> Export:
    header = ["", "Date", "Transaction type", "Num", "Customer full name", "Due date", "Amount", "Open balance"]
    rows = [
        ["91 or more days past due", "", "", "", "", "", "", ""],
        ["", "11/25/2025", "Invoice", "SI-1", "TACTICS", "12/25/2025", "$1,234.50", "800.00"],
        ["", "01/23/2025", "Credit Memo", "SC-1", "ZUMIEZ", "01/23/2025", "(100.00)", "(100.00)"],
        ["", "01/24/2025", "Payment", "", "ZUMIEZ", "01/24/2025", "(420.81)", "(20.81)"],
        ["Total for 91 or more days past due", "", "", "", "", "", "", "$679.19"],
        ["CURRENT", "", "", "", "", "", "", ""],
        ["", "03/15/2026", "Invoice", "SI-2", "Sports, Basement", "04/14/2026", "500.00", "500.00"],
        ["Total for CURRENT", "", "", "", "", "", "", "500.00"],
        ["TOTAL", "", "", "", "", "", "", "$1,179.19"],
    ]
    return Export(
        "quickbooks_receivables",
        header,
        rows,
        above=(
            '"Foundry Distribution, Inc",,,,,,,',
            "A/R Aging Detail Report,,,,,,,",
            '"As of Mar 25, 2026",,,,,,,',
            "",
        ),
        below=('" Thursday, March 26, 2026 04:19 PM GMT-06:00",,,,,,,',),
        required=("Date", "Transaction type", "Num", "Customer full name", "Due date", "Amount"),
    )


def quickbooks_customers() -> Export:
    header, rows = table(
        "Customer,Phone Numbers,Email,Full Name,Billing Address,Open Balance,Currency",
        {
            "Customer": "Bali Villas",
            "Full Name": "Wayan S",
            "Billing Address": "Jl. Raya 10, Badung",
            "Currency": "IDR",
        },
        {"Customer": "Smith, John", "Email": "john@example.com", "Open Balance": "1,200.00", "Currency": "USD"},
    )
    return Export(
        "quickbooks_customers",
        header,
        rows,
        above=("ILA CONSULTING", "Customer Contact List", '"As of October 1, 2026"', ""),
        below=("Total,,,,,,",),
        required=("Customer", "Email", "Full Name"),
    )


def quickbooks_contacts() -> Export:
    header, rows = table(
        "Customer full name,Email,Full name,Bill address,Ship address,Phone",
        {"Customer full name": "Bali Villas:North", "Full name": "Wayan S", "Bill address": "Jl. Raya 10\nBadung"},
        {"Customer full name": "Smith, John", "Email": "john@example.com", "Phone": "(555) 123-4567"},
    )
    return Export("quickbooks_customers", header, rows, required=("Customer full name", "Email", "Full name"))


def quickbooks_invoice_import() -> Export:
    header, rows = table(
        "InvoiceNo,Customer,InvoiceDate,DueDate,Terms,Memo,Item(Product/Service),ItemDescription,ItemQuantity,ItemRate,"
        "ItemAmount,Currency"
    )
    rows = [
        [
            "1001",
            "Ada Ltd",
            "01/15/2026",
            "02/14/2026",
            "Net 30",
            "Thanks",
            "Hours",
            "Design",
            "2",
            "50",
            "100.00",
            "USD",
        ],
        ["", "", "", "", "", "", "Hours", "Build", "3", "60", "180.00", ""],
        ["1001", "", "", "", "", "", "Travel", "Train", "1", "20", "20.00", ""],
        ["1002", "Bo Ltd", "01/16/2026", "02/15/2026", "Net 30", "", "Hours", "Build", "1", "60", "60.00", "EUR"],
        ["", "", "", "", "", "", "Hours", "Build", "1", "60", "60.00", ""],
    ]
    return Export(
        "quickbooks_invoice_import",
        header,
        rows,
        documents=(3,),
        required=("InvoiceNo", "Customer", "InvoiceDate", "DueDate", "ItemAmount"),
    )


def quickbooks_journal() -> Export:
    header = ["Date", "Transaction Type", "Num", "Name", "Memo/Description", "Account", "Debit", "Credit"]
    rows = [
        ["01/15/2026", "Invoice", "1001", "Acme", "Site", "Accounts Receivable (A/R)", "1,250.00", ""],
        ["", "", "", "", "Site", "Sales:Design", "", "1,250.00"],
        ["", "", "", "", "", "", "1,250.00", "1,250.00"],
        ["01/15/2026", "Expense", "", "Depot", "Paper", "Office", "45.99", ""],
        ["", "", "", "", "Paper", "Checking", "", "45.99"],
        ["", "", "", "", "", "", "45.99", "45.99"],
        ["02/17/2026", "Journal Entry", "7", "", "Twice", "Office", "5.00", ""],
        ["", "", "", "", "Twice", "Office", "5.00", ""],
        ["", "", "", "", "Twice", "Checking", "", "10.00"],
    ]
    return Export(
        "quickbooks_journal",
        header,
        rows,
        above=("Craft Supply Co.", "Journal", '"January 1 - December 31, 2026"', ""),
        below=("TOTAL,,,,,,,", '"Thursday, March 26, 2026 04:19 PM GMT-06:00"'),
        documents=(3, 6),
        required=("Date", "Account", "Debit", "Credit"),
    )


def hubspot_deals() -> Export:
    header, rows = table("Record ID,Deal Name,Deal Stage,Amount,Deal owner,Close Date,Create Date,Last Activity Date")
    rows = [
        ["9001", "Acme, new", "Closed Won", "25000", "Ann", "2026-01-15 16:20", "2025-10-01 09:30", "2026-01-15 16:20"],
        ["9002", "Globex", "closedlost", "", "Ben", "2026-02-01", "2025-11-01", ""],
        ["9003", "Initech", "Contract sent", "1200.50", "Ann", "2026-06-30 00:00", "2025-12-01 10:00", ""],
        ["9004", "Hooli", "CLOSED WON (Sales Pipeline)", "10", "Ann", "2026-03-01 08:00", "2026-01-01 10:00", ""],
    ]
    return Export("hubspot_deals", header, rows, bom=True, required=("Record ID", "Deal Name", "Deal Stage"))


def hubspot_contacts() -> Export:
    header, rows = table(
        "Record ID,First Name,Last Name,Email,Contact owner,Lifecycle Stage,Country/Region,Create Date,"
        "Last Activity Date"
    )
    rows = [
        ["5001", "Ada", "Love", "ada@example.com", "Ann", "Customer", "GB", "2025-10-01 09:30", ""],
        ["5002", "", "", "bo@example.com", "", "Lead", "", "2025-10-02 09:30", "2026-01-01 10:00"],
    ]
    return Export(
        "hubspot_contacts", header, rows, bom=True, required=("Record ID", "First Name", "Last Name", "Email")
    )


def salesforce_report() -> Export:
    header, rows = table(
        "Opportunity ID,Opportunity Name,Account Name,Opportunity Owner,Stage,Amount Currency,Amount,Close Date,"
        "Created Date,Lead Source,Probability (%)"
    )
    rows = [
        ["0061", "Acme", "Acme Ltd", "Ann", "Closed Won", "USD", "25,000.00", "1/15/2026", "10/1/2025", "Web", "100"],
        ["0062", "Globex", "Globex", "Ben", "Prospecting", "EUR", "800.50", "12/31/2026", "11/1/2025", "", "10"],
        ["0063", "Hooli", "Hooli", "Ben", "Closed Lost", "USD", "", "2/1/2026", "11/20/2025", "", "0"],
    ]
    return Export(
        "salesforce_opportunities", header, rows, required=("Opportunity ID", "Stage", "Amount", "Close Date")
    )


def salesforce_api() -> Export:
    header, rows = table(
        "Id,AccountId,Name,StageName,Amount,CloseDate,CreatedDate,OwnerId,IsClosed,IsWon,CurrencyIsoCode"
    )
    at = "2025-10-01T09:30:00.000Z"
    rows = [
        ["0061", "001A", "Acme", "Gewonnen", "25000", "2026-01-15", at, "005A", "true", "true", "USD"],
        ["0062", "001B", "Globex", "Prospecting", "800.5", "2026-12-31", at, "005B", "false", "false", "EUR"],
    ]
    return Export("salesforce_opportunities", header, rows, required=("Id", "StageName", "Amount", "CloseDate"))


PAYPAL = (
    "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,To Email Address,Transaction ID,"
    "Shipping Address,Address Status,Item Title,Item ID,Shipping and Handling Amount,Insurance Amount,Sales Tax,"
    "Option 1 Name,Option 1 Value,Option 2 Name,Option 2 Value,Reference Txn ID,Invoice Number,Custom Number,Quantity,"
    "Receipt ID,Balance,Address Line 1,Address Line 2/District/Neighborhood,Town/City,"
    "State/Province/Region/County/Territory/Prefecture/Republic,Zip/Postal Code,Country,Contact Phone Number,Subject,"
    "Note,Country Code,Balance Impact"
)


def paypal() -> Export:
    def row(number: int, day: str, kind: str, status: str, gross: str, fee: str, impact: str, **more: str) -> Cells:
        payer, payee = (
            ("shop@example.com", "x@example.com") if gross.startswith("-") else ("p@example.com", "shop@x.com")
        )
        cells = {
            "Date": day,
            "Time": "14:50:41",
            "TimeZone": "PST",
            "Name": "Pia, M",
            "Type": kind,
            "Status": status,
            "Currency": "EUR",
            "Gross": gross,
            "Fee": fee,
            "Net": f"{Decimal(gross.replace(',', '')) + Decimal(fee):,}",
            "From Email Address": payer,
            "To Email Address": payee,
            "Transaction ID": f"TX{number}",
            "Balance": "1,192.25",
            "Subject": f"Order {number}",
            "Balance Impact": impact,
        } | more
        return [cells.get(name, "") for name in PAYPAL.split(",")]

    rows = [
        row(1, "12/30/2025", "General Payment", "Completed", "1,200.00", "-37.75", "Credit"),
        row(2, "12/31/2025", "Express Checkout Payment", "Completed", "10.00", "-0.64", "Credit"),
        row(3, "12/31/2025", "Website Payment", "Pending", "99.00", "0.00", "Memo"),
        row(4, "12/31/2025", "Website Payment", "Denied", "45.00", "0.00", "Memo"),
        row(5, "01/14/2026", "General Authorization", "Completed", "77.00", "0.00", "Memo"),
        row(6, "01/14/2026", "Payment Refund", "Completed", "-10.00", "0.34", "Debit"),
        row(7, "01/15/2026", "General Withdrawal", "Completed", "-500.00", "0.00", "Debit"),
        row(8, "01/15/2026", "Website Payment", "Completed", "5.00", "-0.40", "Credit", Currency="USD"),
    ]
    return Export(
        "paypal_activity",
        PAYPAL.split(","),
        rows,
        bom=True,
        quoted=True,
        required=("Date", "Type", "Status", "Gross", "Transaction ID", "Balance Impact"),
    )


def chase() -> Export:
    header = ["Details", "Posting Date", "Description", "Amount", "Type", "Balance", "Check or Slip #"]
    twin = ["DEBIT", "03/14/2026", "COFFEE, BAR", "-6.50", "DEBIT_CARD", "", ""]
    rows = [
        ["CREDIT", "03/30/2026", "PAYROLL  PPD ID: 12", "4000.00", "ACH_CREDIT", "9080.63", ""],
        ["CHECK", "03/29/2026", "CHECK 1088", "-200.00", "CHECK_PAID", "5080.63", "1088"],
        twin,
        twin,
        ["DEBIT", "03/13/2026", "GROCERY", "-120.00", "ACH_DEBIT", "5280.63", ""],
    ]
    return Export(
        "chase_bank",
        header,
        rows,
        trailing_comma=True,
        required=("Posting Date", "Description", "Amount", "Check or Slip #"),
    )


MAKERS = (
    stripe_payments,
    stripe_invoices,
    stripe_subscriptions,
    stripe_customers,
    stripe_balance,
    xero,
    xero_old,
    xero_import,
    quickbooks_receivables,
    quickbooks_customers,
    quickbooks_contacts,
    quickbooks_invoice_import,
    quickbooks_journal,
    hubspot_deals,
    hubspot_contacts,
    salesforce_report,
    salesforce_api,
    paypal,
    chase,
)
