<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.base.*, oa.hr.*, oa.util.Text, customer.ext.LeaveBalance" %>
<% Person person = (Person) request.getAttribute("person"); %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>假期余额</title><link rel="stylesheet" href="../css/oa.css"></head>
<body><main><h1>假期余额</h1>
<% try (Db db = Db.open()) { %>
<p><%= Text.html(person.name()) %>：<b id="days"><%= LeaveBalance.days(db, person.login()) %></b> 天</p>
<p>考勤机导出行长度：<b id="bytes"><%= LeaveBalance.clockLine(db, person.login()).length %></b> 字节</p>
<% } %>
</main></body></html>
