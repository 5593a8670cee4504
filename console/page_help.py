"""Help of each page, by the name of its address: what it is, and what to do on it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Help = tuple[Promise, Promise]  # what this is, what to do

READ_ONLY = _("Your role can look at this page, but change nothing on it.")
ACTS: dict[str, tuple[str, ...]] = {  # what a page's advice is about: who may do none of it only reads
    "console:tasks": ("tasks.resolve", "stays.act"),
    "console:health": ("health.silence",),
    "console:shifts": ("cash.take",),
    "console:shift": ("cash.take", "shifts.correct"),
    "console:stays": ("stays.act",),
    "console:find-stays": ("stays.act",),
    "console:stay": ("stays.act", "refunds.ask"),
    "console:reads": ("stays.act",),
    "console:access": ("rights.edit",),
    "console:access-right": ("rights.edit",),
    "console:tariffs": ("tariffs.edit",),
    "console:tariff": ("tariffs.edit",),
    "console:payments": ("refunds.ask",),
    "console:payment": ("refunds.ask",),
    "console:bills": ("tasks.resolve",),
    "console:bill": ("tasks.resolve",),
    "console:differences": ("tasks.resolve",),
    "console:balances": ("cash.take", "fees.waive"),
    "console:refunds": ("refunds.ask",),
    "console:days": ("days.close",),
    "console:day": ("days.close",),
    "console:operator-day": ("days.close",),
    "console:invoices": ("invoices.handle",),
    "console:invoice": ("invoices.handle",),
    "console:shops": ("shops.edit", "coupons.issue"),
    "console:selfchecks": ("purity.check",),
    "console:selfcheck": ("purity.check",),
    "console:rights": ("requests.answer",),
    "console:signs": ("signs.edit",),
    "console:all-signs": ("signs.edit",),
    "members-console:members": ("members.edit",),
    "members-console:lot": ("members.edit",),
}
HELP: dict[str, Help] = {
    "console:today": (
        _("What the lots did today; each number leads to its list."),
        _("Look for red numbers and the lots at the top. Open the one that is not zero."),
    ),
    "console:tasks": (
        _("Everything that waits for a person: refunds, cash to return, differences, sign alarms."),
        _("Work from the top. Empty the list before you close the day."),
    ),
    "console:health": (
        _("Whether channels, worker, devices and backups work."),
        _("Each red line says what to do. Do it, then silence the alert for some hours."),
    ),
    "console:booths": (
        _("The lots whose lanes you may watch."),
        _("Open your lot and leave the page open."),
    ),
    "console:booth": (
        _("Every lane live: the car that stands there, its fee, and why it is held."),
        _("Take cash, release with a reason, or match the car to a stay. Keys 1 to 9 go to a lane."),
    ),
    "console:openings": (
        _("Every barrier that a person opened: when, which lane, who, and why."),
        _("Choose the lot and a time, then the lane. Open the action to see the car's stay."),
    ),
    "console:shifts": (
        _("The shifts at the booth, with their cash."),
        _("Open a shift before you take cash. Close it when you hand over."),
    ),
    "console:shift": (
        _("One shift: what was taken in cash and given back."),
        _("Follow the steps: settle what is open, count the drawer before you see any figure, then sign."),
    ),
    "console:stays": (
        _("Each time a car parked, from entry to exit."),
        _("Filter by lot, day or state, or search by plate. Open one to take money, correct or release."),
    ),
    "console:find-stays": (
        _("What the search found; it is recorded with your name."),
        _("Open the stay that you mean, or search again with more characters."),
    ),
    "console:stay": (
        _("One stay: times, lanes, fee, payments and history."),
        _("Choose one of the actions. For a refund, use the link beside the payment."),
    ),
    "console:reads": (
        _("What the cameras saw, newest first."),
        _("Go through the reads to review: correct the plate in the stay, or dismiss the read."),
    ),
    "console:access": (
        _("Plates that park without paying each time: monthly permits and the white list."),
        _("Add one, import a table, or open one to extend or cancel it."),
    ),
    "console:find-access": (
        _("Permits found by plate; the search is recorded with your name."),
        _("Open the permit that you mean."),
    ),
    "console:access-right": (
        _("One permit: which plate, from when until when, who changed it."),
        _("Extend it, or cancel it with a reason."),
    ),
    "console:add-access": (
        _("A new permit for one plate."),
        _("Fill in plate and dates. For many cars, import a table."),
    ),
    "console:import-access": (
        _("Many permits from one table."),
        _("Press “Check first”. If every row is right, press “Import”."),
    ),
    "console:lots": (
        _("Your car parks, with what needs a look."),
        _("Open one for its cars, devices and signs."),
    ),
    "console:lot": (
        _("One car park: cars inside, reads, devices, signs."),
        _("Open a stay or a device to see more. Links at the top: what your role may do here."),
    ),
    "console:exits": (
        _("How long paid cars may take to leave."),
        _("If the exit is jammed, give every paid car more minutes."),
    ),
    "console:tariffs": (
        _("The price rule of each lot: in force, next, and draft."),
        _("Open a lot to read its rule or to draft a new one."),
    ),
    "console:tariff": (
        _("All versions of one lot's price rule."),
        _("To change a price, start a draft, test it, and sign it with a date."),
    ),
    "console:tariff-draft": (
        _("The draft of a price rule, with its board and examples."),
        _("Change the fields, read the board's sentences, answer the questions, save."),
    ),
    "console:tariff-month": (
        _("What the last 30 days would have cost by the draft."),
        _("Look at the difference and the largest changes before you sign."),
    ),
    "console:tariff-version": (
        _("One version of a price rule as it was signed."),
        _("Read only. To change it, draft a new version."),
    ),
    "console:first-tariff": (
        _("The first price rule of a new lot."),
        _("Choose the preset nearest to your board. You can change it later by a draft."),
    ),
    "console:payments": (
        _("Every attempt to pay."),
        _("Filter by day, state, channel or amount. Open one to refund or move it."),
    ),
    "console:find-payments": (
        _("Payments with the number that you typed."),
        _("Open the payment, or type the number again."),
    ),
    "console:payment": (
        _("One payment: amount, channel, refunds, history."),
        _("Refund or move it here. You see what will happen before it does."),
    ),
    "console:bills": (
        _("The channels' daily bills compared with our books."),
        _("Open a bill that is not clean and settle its differences."),
    ),
    "console:bill": (
        _("One bill and its four groups: equal, over, short, different."),
        _("Open each row that waits for a person."),
    ),
    "console:price-checks": (
        _("Each night's recomputation of the prices paid the day before."),
        _("Open a payment whose price diverged. Nothing was changed automatically."),
    ),
    "console:days": (
        _("Which business days are closed."),
        _("Open yesterday and close it once its bills are in."),
    ),
    "console:day": (
        _("One business day: income, refunds, bills, differences."),
        _("Follow the steps, compare, then close the day."),
    ),
    "console:operator-day": (
        _("One day of all lots of an operator."),
        _("Open the lots that are not closed."),
    ),
    "console:orphan": (
        _("A difference between a bill and our books."),
        _(
            "Compare both sides and record what you found. Money without an order: count it for a stay "
            "or, if its stay is lost, as income, or refund it."
        ),
    ),
    "console:reports": (
        _("Income, occupancy, stay lengths, coupons and refunds over days."),
        _("Choose report, days and lot; “Compare with” sets them beside earlier days."),
    ),
    "console:report": (
        _("One report over the chosen days."),
        _("Choose days and lot; “Compare with” sets them beside earlier days. Download as Excel or CSV."),
    ),
    "console:mailings": (
        _("Reports that go out by mail."),
        _("Choose report, lot, time and reader. Stop those that are not needed."),
    ),
    "console:invoices": (
        _("Invoices that drivers asked for."),
        _("Take one over, issue it, and register its number; or reject it with a reason."),
    ),
    "console:invoice": (
        _("One invoice request."),
        _("Issue it in the tax system, then type its number here."),
    ),
    "console:shops": (
        _("Shops with their coupons in a period."),
        _("Open a shop to hand out coupons or to settle."),
    ),
    "console:shop": (
        _("One shop: hand out, today's list, what it owes."),
        _("Choose a coupon, then plate or code."),
    ),
    "console:shop-codes": (
        _("Codes to show or to print."),
        _("Let the driver scan one. Each works once."),
    ),
    "console:shop-new": (
        _("A new shop of a lot."),
        _("Name it, choose its coupons, then invite its clerks."),
    ),
    "console:shop-settings": (
        _("A shop's name, limits, coupons and clerks."),
        _("Change what is wrong. Remove clerks who have left."),
    ),
    "console:shop-offers": (
        _("The coupon types of a lot."),
        _("Add one, or retire one that is no longer issued."),
    ),
    "console:devices": (
        _("Cameras and gate boxes, with when they last spoke."),
        _("Open one that is silent and follow its advice."),
    ),
    "console:device": (
        _("One device: clock, last reads, key."),
        _("If it is silent, check power and network; if its clock is wrong, set its time server."),
    ),
    "console:add-device": (
        _("A new camera or gate box in a lane."),
        _("Choose make and lane. The next page shows its key, this once."),
    ),
    "console:selfchecks": (
        _("Whether your payment pages are still pure, as a browser sees them."),
        _("Open a lot and press “Check now”. Any other page or a photo of a sign can be checked below."),
    ),
    "console:selfcheck": (
        _("The last self-check of one lot, rule by rule."),
        _("Press “Check now”. Each rule that fails shows how to fix it."),
    ),
    "console:rights": (
        _("Drivers' requests about their data, and the day by which to answer."),
        _("Open the one that is due first, check the stay, answer."),
    ),
    "console:notices": (
        _("What each lot published to drivers about data, and when."),
        _("Read it, or show it to an inspector."),
    ),
    "console:notice": (
        _("One version of a privacy notice, word for word."),
        _("Read only."),
    ),
    "console:data": (
        _("Every stored field: what for, who receives it, for how long."),
        _("Read it, or show it to an inspector."),
    ),
    "console:erasures": (
        _("When plates were erased, lot by lot."),
        _("If a lot is late, look at System health. Only an owner may erase earlier."),
    ),
    "console:papers": (
        _("Documents for an inspection, made in one press."),
        _("Press “Create PDF” beside the operator, and hand over the file."),
    ),
    "console:audit": (
        _("What staff did, newest first, sealed each night."),
        _("Filter by lot, person, action and day; export the list."),
    ),
    "console:setup": (
        _("Operators, lots and what they still lack."),
        _("Open a lot's checklist and go on with its next step."),
    ),
    "console:operator": (
        _("What drivers read about the operator."),
        _("Keep name, phone and address right: signs and pages show them."),
    ),
    "console:new-operator": (
        _("A new operator."),
        _("Fill in the legal name as on the licence."),
    ),
    "console:new-lot": (
        _("A new car park. It takes no money before its last step."),
        _("Fill in name and kind; a checklist leads on."),
    ),
    "console:lot-setup": (
        _("What is done and what is missing until the lot opens."),
        _("Press the first step that is open."),
    ),
    "console:lot-settings": (
        _("How the lot works: bays, times, retention."),
        _("Change a value and save. Each change is recorded."),
    ),
    "console:lanes": (
        _("The ways in and out."),
        _("Add a lane for each barrier; it gets its code at once."),
    ),
    "console:system": (
        _("Who works out the fee: this system or one that you own."),
        _("Choose the vendor, type its data, press “Test the connection”."),
    ),
    "console:system-comparison": (
        _("The vendor's list of payments compared with ours."),
        _("Upload the list of a day and settle what differs."),
    ),
    "console:recipients": (
        _("Who receives data of this lot; drivers read it in the notice."),
        _("Enter each platform and gateway. Remove those that receive nothing any more."),
    ),
    "console:cut-over": (
        _("Moving from another system: early cars and cars inside."),
        _("Choose what early cars pay, check the table, import it at the switch."),
    ),
    "console:opening": (
        _("Whether the lot takes payments."),
        _("Open it once every step is green."),
    ),
    "console:channels": (
        _("The merchants that take this lot's money."),
        _("Paste the block into the server's file, then make the ¥0.01 test."),
    ),
    "console:trial": (
        _("A real payment of one fen, and its refund."),
        _("Scan the code and pay. The page updates automatically."),
    ),
    "console:signs": (
        _("Every sign of the lot, as it looks."),
        _("Tick signs to print, revoke a forged one, or go on patrol with the phone."),
    ),
    "console:sign-wording": (
        _("The words on the signs, by the rule of a city."),
        _("Choose the city. Change words only where the rule leaves it open."),
    ),
    "console:patrol": (
        _("A patrol of all signs: the camera reads each one, and it is recorded."),
        _("Point the phone at each sign. If a code is foreign, take it off: the alarm is recorded."),
    ),
    "console:people": (
        _("Who works here, with which role, and open invitations."),
        _("Invite a colleague; end the roles of people who have left."),
    ),
    "console:sign-ins": (
        _("Where your account is signed in."),
        _("Sign out devices that you do not recognise, and change your password."),
    ),
    "console:second-factor": (
        _("This step needs a second factor."),
        _("Set up an authenticator app or a passkey; you come back here."),
    ),
    "console:sso": (
        _("Whether your account is linked to your company's sign-in."),
        _("Link it once; afterwards you sign in there."),
    ),
    "console:background": (
        _("Background tasks that you started: print runs, exports, imports, self-checks."),
        _("Open one to follow it or to fetch its result. Results stay three days."),
    ),
    "console:background-task": (
        _("One background task and its progress."),
        _("Wait here or close the page; fetch the result within three days."),
    ),
    "console:search": (
        _("What the search found in plates, numbers, lots, devices and pages."),
        _("Open what you mean, or type more characters."),
    ),
    "members-console:members": (
        _("The members' programme of each lot."),
        _("Open a lot to start it or to change its benefits."),
    ),
    "members-console:lot": (
        _("Members, benefits, screens and signs of one lot."),
        _("Start the programme, add a benefit, print its signs."),
    ),
    "mfa_index": (
        _("Your second factor."),
        _("Set up an app or a passkey, and write the recovery codes down."),
    ),
    "console:all-signs": (
        _("Signs of all lots, with where they hang."),
        _("Filter by lot; open one lot's signs to print, revoke or patrol."),
    ),
    "console:coupons": (
        _("Every coupon that shops issued, and what it took off."),
        _("Filter by shop, day or state. Export the list for the settlement."),
    ),
    "console:differences": (
        _("Differences between our books and the channels'."),
        _("Open the oldest first; write what you found out."),
    ),
    "console:balances": (
        _("What is owed for cars that left without paying."),
        _("Open the stay to take money, to waive, or to correct a misread."),
    ),
    "console:refunds": (
        _("Every refund and what became of it."),
        _("Look at those that are abnormal: open the payment and follow its advice."),
    ),
    "console:stays-end": (
        _("Many stays are ended at once."),
        _("Look through the preview, give a reason, then confirm."),
    ),
    "console:access-extend": (
        _("Many permits are extended at once."),
        _("Look through the preview, give a reason, then confirm."),
    ),
    "console:access-cancel": (
        _("Many permits are cancelled at once."),
        _("Look through the preview, give a reason, then confirm."),
    ),
    "console:devices-revoke": (
        _("Many devices are revoked at once."),
        _("Look through the preview, give a reason, then confirm."),
    ),
}
