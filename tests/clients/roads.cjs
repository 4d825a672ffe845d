// The roads of jsforce: node roads.cjs PACKAGE URL TOKEN ROAD ROWS; prints what came of it as JSON.
const fs = require("fs");

const [packagePath, instanceUrl, accessToken, road, rowsPath] = process.argv.slice(2);
const jsforce = require(packagePath);
const connection = new jsforce.Connection({ instanceUrl, accessToken, version: "61.0" });
connection.bulk2.pollInterval = 50;
const rows = JSON.parse(fs.readFileSync(rowsPath, "utf8"));

const roads = {
  collections: () => connection.sobject("Account").create(rows, { allOrNone: true, allowRecursive: true }),

  async tree() {
    const answers = [];
    for (let start = 0; start < rows.length; start += 200) {
      const records = rows.slice(start, start + 200).map((row, number) => ({
        attributes: { type: "Account", referenceId: `r${start + number}` },
        ...row,
      }));
      answers.push(await connection.requestPost("/composite/tree/Account", { records }));
    }
    return answers.map((answer) => answer.hasErrors);
  },

  bulk2: () => connection.bulk2.loadAndWaitForResults({ object: "Account", operation: "insert", input: rows }),

  async upsert() {
    await connection.sobject("Account").upsert(rows.slice(0, 100).map((row) => ({ ...row, Name: "not yet" })), "Import_Key__c");
    const job = { object: "Account", operation: "upsert", externalIdFieldName: "Import_Key__c", input: rows };
    return connection.bulk2.loadAndWaitForResults(job);
  },

  async failures() {
    const input = [{ LastName: "Lee", Email: "" }, { LastName: "Kim", Email: "nobody" }];
    return connection.bulk2.loadAndWaitForResults({ object: "Contact", operation: "insert", input });
  },

  async reading() {
    await connection.bulk2.loadAndWaitForResults({ object: "Account", operation: "insert", input: rows.concat(rows, rows, rows, rows).map((row, n) => ({ ...row, Import_Key__c: `n${n}` })) });
    const found = [];
    await connection.query("SELECT Id, Name FROM Account").on("record", (record) => found.push(record.Id)).run({ autoFetch: true, maxFetch: 10000 });
    const stream = await connection.bulk2.query("SELECT Id FROM Account");
    const exported = await stream.toArray();
    return {
      found: found.length,
      exported: exported.length,
      who: (await connection.identity()).user_id,
      fields: (await connection.describe("Contact")).fields.length,
      objects: (await connection.describeGlobal()).sobjects.length,
      limits: (await connection.limits()).DailyApiRequests.Max,
    };
  },

  async single() {
    const contacts = connection.sobject("Contact");
    const made = await contacts.create({ LastName: "Lee" });
    const many = await contacts.create([{ LastName: "Kim" }, { FirstName: "no name" }]);
    await contacts.update({ Id: made.id, LastName: "Roe" });
    const retrieved = await contacts.retrieve([made.id, many[0].id]);
    const gone = await contacts.destroy([many[0].id]);
    const left = await connection.query("SELECT LastName FROM Contact");
    const refused = await contacts.create({}).catch((error) => error.errorCode);
    return {
      many: many.map((result) => result.success),
      retrieved: retrieved.map((record) => record.LastName),
      gone: gone.map((result) => result.success),
      left: left.records.map((record) => record.LastName),
      refused,
    };
  },
};

roads[road]().then(
  (result) => console.log(JSON.stringify(result)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
