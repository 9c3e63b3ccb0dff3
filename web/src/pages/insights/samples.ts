// Queries to begin with: of the coffee shop's events, as its rule writes them to a log group.
export const samples: readonly { readonly id: string; readonly text: string; readonly query: string }[] = [
  { id: "latest", text: "Latest events", query: "fields @timestamp, @message\n| sort @timestamp desc\n| limit 100" },
  { id: "types", text: "Count by detail type", query: "stats count(*) as events by `detail-type`\n| sort events desc" },
  {
    id: "order",
    text: "Events of one order",
    query: 'fields @timestamp, `detail-type`, detail.userId, detail.Message\n| filter detail.orderId = "1"\n| sort @timestamp asc',
  },
  { id: "time", text: "Events every five minutes", query: "stats count(*) as events by bin(5m)" },
  { id: "time-types", text: "Events every five minutes, by detail type", query: "stats count(*) as events by bin(5m), `detail-type`" },
  { id: "customers", text: "Customers with the most orders", query: "stats count_distinct(detail.orderId) as orders by detail.userId\n| sort orders desc\n| limit 20" },
  { id: "errors", text: "Errors", query: "fields @timestamp, @logStream, @message\n| filter @message like /(?i)error|exception|timed? ?out/\n| sort @timestamp desc" },
];
