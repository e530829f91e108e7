package oa.hr;

/** Who is logged in. */
public record Person(long id, String login, String name, long departmentId, String department, boolean admin) {}
